#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/error.h"

namespace crux::network {

/// In network order; the first 4 of IPv4.
using AddressBytes = std::array<std::uint8_t, 16>;

/// An IP address with the length of its network's prefix, and what else ip-address(8) shows of it.
struct Address {
    std::uint8_t family = 0;  ///< AF_INET or AF_INET6
    std::uint8_t prefix = 0;  ///< bits
    AddressBytes bytes{};
    std::optional<AddressBytes> peer;       ///< of a point-to-point device
    std::optional<AddressBytes> broadcast;  ///< IPv4
    std::uint8_t scope = 0;                 ///< RT_SCOPE_*; 0 is global
    std::uint32_t flags = 0;                ///< IFA_F_*, of those that the one who adds it sets
    std::uint32_t metric = 0;               ///< of its route; 0: the kernel's default
    std::uint8_t protocol = 0;              ///< who added it (IFA_PROTO, Linux 5.18)
    std::string label;                      ///< IPv4; empty: the device's name

    /// The number of bytes in the address.
    [[nodiscard]] std::size_t size() const;
    bool operator==(const Address&) const = default;
};

/// Parses "192.0.2.1/24" or "2001:db8::1/64"; both parts are required.
Result<Address> parse_address(std::string_view text);

}  // namespace crux::network
