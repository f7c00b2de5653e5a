#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace crux::seccomp {

/// SHA-256 (FIPS 180-4) of a text in pieces.
class Sha256 {
 public:
    using Digest = std::array<std::uint8_t, 32>;

    void update(std::string_view bytes);
    /// The digest of the whole text; the object must not be used afterwards.
    Digest finish();

 private:
    void compress(const unsigned char* block);

    std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<unsigned char, 64> block_{};
    std::size_t filled_ = 0;
    std::uint64_t total_ = 0;
};

/// The digest as 64 hexadecimal digits in lower case.
std::string hex(const Sha256::Digest& digest);

}  // namespace crux::seccomp
