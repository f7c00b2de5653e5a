#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "runtime/base/error.h"

namespace crux::network {

/// An IP address with the length of its network's prefix.
struct Address {
    std::uint8_t family = 0;  ///< AF_INET or AF_INET6
    std::uint8_t prefix = 0;  ///< bits
    /// In network order; the first 4 of IPv4.
    std::array<std::uint8_t, 16> bytes{};

    /// The number of bytes in the address.
    [[nodiscard]] std::size_t size() const;
    bool operator==(const Address&) const = default;
};

/// Parses "192.0.2.1/24" or "2001:db8::1/64"; both parts are required.
Result<Address> parse_address(std::string_view text);

}  // namespace crux::network
