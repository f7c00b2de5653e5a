#pragma once

#include <cstddef>
#include <cstdint>

namespace crux::init {

/// As many bytes of a program's file as execve(2) reads to find out what it is.
constexpr std::size_t kHeadSize = 256;

/// What a program's file is, by its first bytes.
enum class Format : std::uint8_t {
    empty,
    script,          ///< "#!" and the name of its interpreter
    unnamed_script,  ///< "#!" without a name, or with one that is longer than the head
    marked_script,   ///< a byte order mark (UTF-8) precedes "#!"
    elf,             ///< an ELF header
    damaged_elf,     ///< the ELF magic number, but no valid header
    other,
};

/// The first bytes of a program's file, read as the kernel does (execve(2), elf(5)). The file is an
/// image's and can be anything.
struct ProgramHead {
    Format format = Format::other;
    // script: where the interpreter's name is in the head
    std::size_t name = 0;
    std::size_t name_length = 0;
    // elf
    std::uint16_t type = 0;     ///< e_type
    std::uint16_t machine = 0;  ///< e_machine
    bool is_64 = false;
    bool is_big_endian = false;
    std::uint64_t headers = 0;  ///< e_phoff
    std::uint16_t header_count = 0;
};

/// Reads up to kHeadSize bytes.
ProgramHead read_head(const char* bytes, std::size_t length);

/// The size of the file's program headers; 0 if they are not of the size that the kernel demands,
/// or more than kMostHeaders.
constexpr std::size_t kMostHeaders = 64;
constexpr std::size_t kHeaderSize = 56;  ///< of one, at most
std::size_t headers_size(const ProgramHead& head);

/// Where the name of the dynamic loader (PT_INTERP) is in the file.
struct LoaderName {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;  ///< with the NUL at its end; 0: the program has no loader
};
LoaderName find_loader(const ProgramHead& head, const char* headers, std::size_t length);

/// Whether the processor that this is compiled for executes such a program, on every kernel
/// (native), or on those that are configured for its older programs (compatible).
enum class Fit : std::uint8_t { native, compatible, foreign };
Fit fit_of(const ProgramHead& head);

/// The processor that the program is for: "aarch64"; null for one without a name here.
const char* processor_of(const ProgramHead& head);
/// The processor that this is compiled for.
const char* native_processor();

}  // namespace crux::init
