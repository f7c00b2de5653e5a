#pragma once

#include <string>
#include <string_view>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/host/facts.h"

/// The systemd driver: the container's cgroup is a systemd unit, and systemd knows its limits.
namespace crux::systemd {

/// A transient unit, and the path of its cgroup.
struct Unit {
    std::string name;   ///< "prefix-name.scope", or a slice's own name
    std::string slice;  ///< its parent, "system.slice"
    std::string path;   ///< below a hierarchy's mount point; begins with "/"
    std::string
        below;  ///< the container's cgroup below the unit's, "/sub"; empty if it is the unit's
    bool user = false;  ///< of the user manager, not the system manager

    [[nodiscard]] bool is_slice() const { return name.ends_with(".slice"); }
};

/// Parses cgroupsPath with --systemd-cgroup: "slice:prefix:name". Empty parts and an empty path
/// have defaults (system.slice, or user.slice for the user manager; no prefix; the id). A name that
/// ends in ".slice" is a slice, and the prefix is ignored. The path of a user's unit is below that
/// user's manager (user@UID.service), which is found from this process's own cgroup. Refused, with
/// the pointer of cgroupsPath: another form, and invalid slice names ("a--b.slice",
/// systemd.slice(5)).
Result<Unit> unit_for(std::string_view cgroups_path, std::string_view id,
                      const host::CgroupLayout& layout, bool user);

/// The annotation run.oci.systemd.subgroup, as in crun: the container's cgroup is "/sub" below the
/// unit's. Empty without the annotation or if it is empty. Refused, with its pointer: a path that
/// leaves the unit's cgroup.
Result<std::string> subgroup_of(const oci::StringMap& annotations);

/// The directory of a slice: "/a.slice/a-b.slice" for "a-b.slice", "" for "-.slice".
Result<std::string> slice_path(std::string_view slice);

}  // namespace crux::systemd
