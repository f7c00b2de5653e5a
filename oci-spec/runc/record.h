#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oci-spec/state.h"
#include "runtime/base/error.h"

namespace crux::oci {

/// Who makes the container's cgroup.
enum class CgroupDriver : std::uint8_t { cgroupfs, systemd };

/// What crux keeps of a container in <root>/<id>/state.json, from before its first process until it
/// is deleted. Only facts of the past: whether the container runs is asked of the kernel each time.
struct ContainerRecord {
    std::string id;
    /// The first process, in the pid namespace of who made it; 0 while there is none. It is named
    /// by all of these together, for a pid alone may be another process's by now.
    std::int32_t init_process_pid = 0;
    std::uint64_t init_process_start = 0;  ///< clock ticks since boot (proc(5), stat)
    std::string boot_id;
    std::uint64_t pidfd_inode = 0;  ///< 0 where the kernel has none (before Linux 6.9)

    std::string created;               ///< RFC 3339 with nanoseconds, UTC
    Status status = Status::creating;  ///< creating, or created once create has ended

    std::string oci_version;
    std::string bundle;  ///< absolute
    std::string rootfs;  ///< absolute
    StringMap annotations;

    bool rootless = false;
    std::uint32_t owner_uid = 0;  ///< who ran create

    CgroupDriver cgroup_driver = CgroupDriver::cgroupfs;
    std::string systemd_unit;  ///< of the systemd driver
    std::string cgroups_path;  ///< as configured
    /// Controller to absolute path; the one of cgroup v2 has the key "".
    StringMap cgroup_paths;
    /// The namespaces of the first process: those joined by path, and /proc/PID/ns/… for the rest.
    std::vector<std::pair<NamespaceType, std::string>> namespace_paths;

    std::string intel_rdt_path;
    std::string intel_rdt_mon_path;
    bool intel_rdt_made = false;  ///< the directory is crux's to remove

    bool terminal = false;
    bool detached = false;
    bool no_pivot = false;
    bool no_new_keyring = false;

    // What later operations need of the configuration, so that they do not have to read it again.
    bool has_process = false;
    bool has_poststart = false;
    bool has_poststop = false;
    /// The container has a pid namespace of its own, so its processes end with its first one.
    bool own_pid_namespace = false;
    /// What the standard descriptors led to, for checkpoint and restore.
    std::vector<std::string> external_descriptors;
};

/// The record as JSON. What runc's state.json has too stands under runc's keys, so that programs
/// which read runc's files read crux's; the rest is in an object "crux".
std::string write_record(const ContainerRecord& record);

/// The record of the text. Unknown keys are passed over (another version's), but a value of another
/// type, a missing id or no boot id beside a pid is an error of kind state: nothing may be done to
/// processes on the word of a broken file.
Result<ContainerRecord> read_record(std::string_view text);

/// What a container's standard descriptors led to, as a JSON array: runc's descriptors.json among
/// the images of a checkpoint.
std::string descriptors_json(const std::vector<std::string>& targets);

/// The array of the text; an error of kind spec where it is none.
Result<std::vector<std::string>> read_descriptors(std::string_view text);

}  // namespace crux::oci
