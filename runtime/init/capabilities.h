#pragma once

#include <cstdint>

/// The interface of capget(2) and capset(2), for the files of init that use it.
namespace crux::init {

constexpr int kLastCapability = 63;
constexpr std::uint64_t kSysAdmin = std::uint64_t{1} << 21U;

struct CapabilityHeader {
    std::uint32_t version;
    std::int32_t pid;
};
/// The lower or the upper half of the three sets.
struct CapabilityData {
    std::uint32_t effective;
    std::uint32_t permitted;
    std::uint32_t inheritable;
};
constexpr std::uint32_t kCapabilityVersion = 0x20080522;  // _LINUX_CAPABILITY_VERSION_3

}  // namespace crux::init
