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

/// What a missing file in a cgroup means.
enum class WhenAbsent : std::uint8_t {
    fail,      ///< an error
    warn,      ///< this kernel does not support it; the container runs without it
    skip,      ///< ignored: nothing is lost
    fallback,  ///< use the next setting, which sets the same in another file
};

/// A text to write to a file of one directory.
struct Setting {
    std::uint32_t dir = 0;  ///< index of the directory
    std::string file;
    std::string value;
    std::string origin;  ///< JSON pointer
    OnFailure on_failure = OnFailure::error;
    WhenAbsent when_absent = WhenAbsent::fail;
    /// The kernel checks this value against one that a later setting changes: if it fails with
    /// EINVAL, write it again after the other settings of its directory.
    bool again = false;

    bool operator==(const Setting&) const = default;
};

/// A part of the configuration that is not applied, and the reason.
struct Warning {
    std::string origin;  ///< JSON pointer
    std::string text;

    bool operator==(const Warning&) const = default;
};

/// For memory.checkBeforeUpdate on cgroup v2, where the kernel would kill processes instead: refuse
/// limits that do not exceed the usage. In bytes; 0 is not checked.
struct MemoryCheck {
    std::uint64_t limit = 0;
    std::uint64_t memory_and_swap = 0;
};

/// The device controller of cgroup v2: a program of type BPF_PROG_TYPE_CGROUP_DEVICE.
struct DeviceProgram {
    std::uint32_t dir = 0;
    std::vector<std::uint64_t> instructions;  ///< struct bpf_insn each
    std::string origin;
    /// The host may refuse bpf(2) here (in a user namespace no process can make device nodes
    /// anyway).
    OnFailure on_failure = OnFailure::error;
};

/// The settings for a container's resources, in the order in which they are written. Consecutive
/// settings of the same directory and file share one open of that file.
struct Limits {
    std::vector<Setting> settings;
    std::optional<DeviceProgram> device_program;
    std::optional<MemoryCheck> memory_check;
    std::vector<Warning> warnings;
};

/// How to handle the device rules: `update` does not change those of a container.
enum class Devices : std::uint8_t { apply, keep };

/// The context of the limits.
struct LimitsOptions {
    Devices devices = Devices::apply;
    /// This process is not root of the initial user namespace: a failure to apply the configured
    /// device rules is only a warning.
    bool unprivileged = false;
    /// Values that callers set by habit and that this host cannot apply are an error, not a warning
    /// (--strict-resources).
    bool strict = false;
    /// The JSON pointer of the resources in their document.
    std::string pointer = "/linux/resources";
};

/// Converts the resources to settings of the directories, each controller in its hierarchy: v1
/// files in v1 directories, v2 files in the unified one, with the conversions of config-linux.md.
/// Values of 0 that mean "not set" to every caller (limits of memory and CPU, shares, weights) are
/// not set. Errors, with their pointer: a controller that no hierarchy has, a value that the kernel
/// would misread, keys of `unified` that are not parameters, what only cgroup v1 supports if the
/// controller is in v2. Swappiness, a disabled OOM killer and block I/O weights are a warning where
/// the host does not support them, unless `strict` is set: engines pass them on by habit.
Result<Limits> limits_for(const oci::Resources& resources, std::span<const CgroupDir> dirs,
                          const LimitsOptions& options = {});

}  // namespace crux::cgroup
