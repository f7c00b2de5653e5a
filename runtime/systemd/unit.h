#pragma once

#include <string>
#include <string_view>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/host/facts.h"

/// The systemd driver: the container's cgroup is a unit of systemd, which then knows its limits.
namespace crux::systemd {

/// A transient unit, and where systemd puts its cgroup.
struct Unit {
    std::string name;   ///< "prefix-name.scope", or a slice's own name
    std::string slice;  ///< the one above it, "system.slice"
    std::string path;   ///< below a hierarchy's mount point; begins with "/"
    std::string
        below;  ///< the container's cgroup in the unit's, "/sub"; empty where it is that one
    bool user = false;  ///< of the user's manager, not the machine's

    [[nodiscard]] bool is_slice() const { return name.ends_with(".slice"); }
};

/// What cgroupsPath means with --systemd-cgroup: "slice:prefix:name", whose empty parts and an
/// empty whole have defaults (system.slice, or user.slice of the user's manager; no prefix; the
/// id). A name that ends in ".slice" is a slice, whatever the prefix says. The path of a user's
/// unit lies below that user's manager (user@UID.service), which this process's own cgroup tells.
/// Refused, with the pointer of cgroupsPath: another form, and slices that systemd does not know
/// ("a--b.slice", systemd.slice(5)).
Result<Unit> unit_for(std::string_view cgroups_path, std::string_view id,
                      const host::CgroupLayout& layout, bool user);

/// What the annotation of crun's asks for, run.oci.systemd.subgroup: a cgroup "/sub" in the unit's,
/// which is the container's then. Empty without it, or where it is empty. Refused, with its
/// pointer: what leads elsewhere.
Result<std::string> subgroup_of(const oci::StringMap& annotations);

/// The directory of a slice, "/a.slice/a-b.slice" for "a-b.slice" and "" for "-.slice".
Result<std::string> slice_path(std::string_view slice);

}  // namespace crux::systemd
