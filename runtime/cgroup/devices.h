#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/error.h"

namespace crux::cgroup {

/// A device rule and the pointer in config.json that it comes from (of the list for a default).
struct OriginRule {
    oci::DeviceRule rule;
    std::string origin;
    bool is_default = false;
};

/// The rules of a container: everything is denied, then the default rules allow (mknod of any
/// device, the default devices of config-linux.md, pseudoterminals), then the list follows. The
/// defaults come after the list's last denial of all majors and minors, so that a denial of
/// everything keeps them and a denial that names a device removes it.
std::vector<OriginRule> device_rules(const std::vector<oci::DeviceRule>& list,
                                     const std::string& pointer);

/// A line for devices.allow or devices.deny (v1).
struct DeviceLine {
    bool allow = false;
    std::string text;  ///< "c 1:3 rwm"
    std::string origin;

    bool operator==(const DeviceLine&) const = default;
};

/// The lines that set a v1 cgroup to the rules, from any earlier state. The v1 controller has a
/// default and exceptions from it, and silently ignores a denial inside a wider permission (or the
/// reverse): such a rule is an error with its pointer. If it only fails to remove the default
/// permission to make nodes, `weaker` contains its pointer instead.
Result<std::vector<DeviceLine>> device_lines(std::span<const OriginRule> rules,
                                             std::vector<std::string>& weaker);

/// The same as a program for cgroup v2 (BPF_PROG_TYPE_CGROUP_DEVICE, Linux 4.15), one struct
/// bpf_insn a word. It supports all rules.
std::vector<std::uint64_t> device_program(std::span<const OriginRule> rules);

}  // namespace crux::cgroup
