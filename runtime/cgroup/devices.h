#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/error.h"

namespace crux::cgroup {

/// A device rule and the place in config.json that it comes from (the list itself for a default).
struct OriginRule {
    oci::DeviceRule rule;
    std::string origin;
    bool is_default = false;
};

/// The rules that hold for a container: everything is denied, then come the default rules (mknod of
/// any device, the default devices of config-linux.md, pseudo terminals), then the list. The
/// defaults stand behind the list's last denial of all majors and minors, so that a denial of
/// everything leaves them and a denial that names a device takes it away.
std::vector<OriginRule> device_rules(const std::vector<oci::DeviceRule>& list,
                                     const std::string& pointer);

/// A line for devices.allow or devices.deny (v1).
struct DeviceLine {
    bool allow = false;
    std::string text;  ///< "c 1:3 rwm"
    std::string origin;

    bool operator==(const DeviceLine&) const = default;
};

/// The lines that bring a v1 cgroup to the rules, from whatever state it is in. The v1 controller
/// knows a default and exceptions from it, and ignores in silence a denial inside a wider
/// permission (or the reverse): such a rule is an error with its pointer, but where it only fails
/// to take away the default permission to make nodes, which `weaker` then names.
Result<std::vector<DeviceLine>> device_lines(std::span<const OriginRule> rules,
                                             std::vector<std::string>& weaker);

/// The same as a program for cgroup v2 (BPF_PROG_TYPE_CGROUP_DEVICE, Linux 4.15), one struct
/// bpf_insn a word. Everything that rules can say is possible here.
std::vector<std::uint64_t> device_program(std::span<const OriginRule> rules);

}  // namespace crux::cgroup
