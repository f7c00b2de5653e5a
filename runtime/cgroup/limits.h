#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/cgroup/dirs.h"

namespace crux::cgroup {

enum class OnFailure : std::uint8_t { error, warn };

/// What it means that a cgroup has no such file.
enum class WhenAbsent : std::uint8_t {
    fail,      ///< a failure as any other
    warn,      ///< this kernel cannot do it and the container lives without it
    skip,      ///< nothing is lost
    fallback,  ///< the setting that follows says the same in another file, and counts only then
};

/// One text to write to one file of one place.
struct Setting {
    std::uint32_t dir = 0;  ///< index of the place
    std::string file;
    std::string value;
    std::string origin;  ///< JSON pointer
    OnFailure on_failure = OnFailure::error;
    WhenAbsent when_absent = WhenAbsent::fail;
    /// The kernel judges this value against one that a later setting changes: when it answers
    /// EINVAL, write it again after the others of its place.
    bool again = false;

    bool operator==(const Setting&) const = default;
};

/// Something of the configuration that is not applied, and why.
struct Warning {
    std::string origin;  ///< JSON pointer
    std::string text;

    bool operator==(const Warning&) const = default;
};

/// What memory.checkBeforeUpdate asks of cgroup v2, where the kernel would kill instead: refuse
/// limits that are not above the usage. In bytes; 0 is not checked.
struct MemoryCheck {
    std::uint64_t limit = 0;
    std::uint64_t memory_and_swap = 0;
};

/// The device controller of cgroup v2: a program of type BPF_PROG_TYPE_CGROUP_DEVICE.
struct DeviceProgram {
    std::uint32_t dir = 0;
    std::vector<std::uint64_t> instructions;  ///< struct bpf_insn each
    std::string origin;
    /// The host may refuse bpf(2) here (in a user namespace nobody can make device nodes anyhow).
    OnFailure on_failure = OnFailure::error;
};

/// All that the resources of a container ask of its places, in the order in which it is written.
/// Settings that follow each other with the same place and file want one open of that file.
struct Limits {
    std::vector<Setting> settings;
    std::optional<DeviceProgram> device_program;
    std::optional<MemoryCheck> memory_check;
    std::vector<Warning> warnings;
};

/// What happens to the device rules: `update` leaves those of a container alone.
enum class Devices : std::uint8_t { apply, keep };

/// What limits are made for.
struct LimitsOptions {
    Devices devices = Devices::apply;
    /// This process is not root of the initial user namespace: device rules that the configuration
    /// has are tried, not required.
    bool unprivileged = false;
    /// Where the resources stand in their document.
    std::string pointer = "/linux/resources";
};

/// Converts the resources to settings of the places, each controller where the host has it: v1
/// files in v1 places, v2 files in the unified one, with the conversions of config-linux.md. Values
/// of 0 that mean "not set" to every caller (limits of memory and CPU, shares, weights) are not
/// set. Errors, with their pointer: a controller that no place has, a value that the kernel would
/// misread, keys of `unified` that are no parameters, what only cgroup v1 has where the controller
/// is one of v2.
Result<Limits> limits_for(const oci::Resources& resources, std::span<const CgroupDir> dirs,
                          const LimitsOptions& options = {});

}  // namespace crux::cgroup
