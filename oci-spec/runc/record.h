#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oci-spec/state.h"
#include "runtime/base/error.h"

namespace crux::oci {

/// The program that creates the container's cgroup.
enum class CgroupDriver : std::uint8_t { cgroupfs, systemd };

/// The runtime that made a container. crux also manages those of the others (peer_record.h).
enum class Maker : std::uint8_t { crux, runc, crun };

/// The record of a container in <root>/<id>/state.json, which exists from before its first process
/// until it is deleted. Whether the container is running is not recorded: crux reads that from the
/// kernel each time.
struct ContainerRecord {
    Maker maker = Maker::crux;
    std::string id;
    /// The init process, in the pid namespace of the process that created it; 0 if there is none.
    /// All of these fields together identify it, because a pid may have been reused.
    std::int32_t init_process_pid = 0;
    std::uint64_t init_process_start = 0;  ///< clock ticks since boot (proc(5), stat)
    std::string boot_id;
    std::uint64_t pidfd_inode = 0;  ///< 0 if not supported (before Linux 6.9)

    std::string created;               ///< RFC 3339 with nanoseconds, UTC
    Status status = Status::creating;  ///< creating, or created after create

    std::string oci_version;
    std::string bundle;  ///< absolute
    std::string rootfs;  ///< absolute
    StringMap annotations;

    bool rootless = false;
    std::uint32_t owner_uid = 0;  ///< the user that ran create

    CgroupDriver cgroup_driver = CgroupDriver::cgroupfs;
    std::string systemd_unit;  ///< of the systemd driver
    std::string cgroups_path;  ///< as configured
    /// Controller to absolute path; the key of cgroup v2 is "".
    StringMap cgroup_paths;
    /// The cgroup below its mount point, for crun: on cgroup v2, otherwise in the freezer's
    /// hierarchy. Only written.
    std::string cgroup_below;
    /// The namespaces of init: the paths of joined ones, /proc/PID/ns/… for the others.
    std::vector<std::pair<NamespaceType, std::string>> namespace_paths;

    std::string intel_rdt_path;
    std::string intel_rdt_mon_path;
    bool intel_rdt_made = false;  ///< crux created the directory and removes it

    bool terminal = false;
    bool detached = false;
    bool no_pivot = false;
    bool no_new_keyring = false;

    // Properties of the configuration that later operations need without parsing it again.
    bool has_process = false;
    bool has_poststart = false;
    bool has_poststop = false;
    /// The container has its own pid namespace, so that its processes end with init.
    bool own_pid_namespace = false;
    /// The targets of the standard descriptors, for checkpoint and restore.
    std::vector<std::string> external_descriptors;
    /// Of a container that runc made: crux's own are in the container's config.json.
    std::vector<Hook> poststop;
};

/// The record as JSON. Fields of runc's state.json have runc's keys, and those of crun's status
/// crun's: both can manage the container, and programs that read their files can read those of
/// crux. The other fields are in an object "crux".
std::string write_record(const ContainerRecord& record);

/// Parses a record, or the state of a container that runc made. Unknown keys are ignored (another
/// version may have written them), but a value of the wrong type, a missing ID, or a pid without a
/// boot ID is an error of kind state: crux must not act on processes that a damaged file names.
Result<ContainerRecord> read_record(std::string_view text);

/// The targets of a container's standard descriptors as a JSON array, in the format of runc's
/// descriptors.json, which is stored with the images of a checkpoint.
std::string descriptors_json(const std::vector<std::string>& targets);

/// Parses that array; an error has kind spec.
Result<std::vector<std::string>> read_descriptors(std::string_view text);

}  // namespace crux::oci
