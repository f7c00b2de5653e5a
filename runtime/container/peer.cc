#include "runtime/container/peer.h"

#include <algorithm>
#include <cerrno>

#include "oci-spec/config.h"
#include "oci-spec/runc/peer_record.h"
#include "runtime/base/text.h"
#include "runtime/host/read.h"
#include "runtime/sys/file.h"
#include "runtime/sys/trusted.h"

namespace crux::container {

namespace {

constexpr std::size_t kStatusLimit = std::size_t{1} << 20U;

/// The directory of a hierarchy that the record has for one of its controllers; null if it has
/// none. The key of cgroup v2 is "".
const std::string* directory_in(const host::CgroupHierarchy& hierarchy,
                                const oci::StringMap& paths) {
    const auto entry = std::ranges::find_if(paths, [&](const auto& each) {
        return hierarchy.version == 2 ? each.first.empty() : hierarchy.has(each.first);
    });
    return entry == paths.end() ? nullptr : &entry->second;
}

/// The part of a directory below a mount point; empty if it is not a directory below it.
std::string_view below(std::string_view directory, std::string_view mountpoint) {
    while (mountpoint.ends_with('/')) mountpoint.remove_suffix(1);
    if (!directory.starts_with(mountpoint)) return {};
    directory.remove_prefix(mountpoint.size());
    const bool is_plain = directory.starts_with('/') && directory.size() > 1 &&
                          directory.find("/../") == std::string_view::npos &&
                          !directory.ends_with("/..");
    return is_plain ? directory : std::string_view();
}

/// Cgroups of crun are at the same path in each hierarchy.
Result<std::vector<cgroup::CgroupDir>> dirs_of(const oci::ContainerRecord& record,
                                               const host::CgroupLayout& layout) {
    if (record.maker == oci::Maker::crun) {
        if (record.cgroups_path.empty()) return std::vector<cgroup::CgroupDir>();
        return cgroup::dirs_for(layout, record.cgroups_path, record.id);
    }
    std::vector<cgroup::CgroupDir> dirs;
    for (const host::CgroupHierarchy& hierarchy : layout.hierarchies) {
        const std::string* directory = directory_in(hierarchy, record.cgroup_paths);
        if (directory == nullptr) continue;
        const std::string_view path = below(*directory, hierarchy.mountpoint);
        if (path.empty())
            return fail(Error::Kind::state, cat("state.json: the cgroup ", *directory,
                                                " is not below ", hierarchy.mountpoint));
        dirs.push_back({.mountpoint = hierarchy.mountpoint,
                        .path = std::string(path),
                        .controllers = hierarchy.controllers,
                        .version = hierarchy.version});
    }
    return dirs;
}

}  // namespace

const char* name_of(oci::Maker maker) {
    switch (maker) {
        case oci::Maker::runc:
            return "runc";
        case oci::Maker::crun:
            return "crun";
        case oci::Maker::crux:
            break;
    }
    return "crux";
}

Result<std::optional<oci::ContainerRecord>> read_crun_record(const StateDirectory& state) {
    auto status = sys::read_trusted_file(state.directory(), kCrunStatusName, kStatusLimit);
    // A link is crux's own.
    const int error = status ? 0 : status.error().code();
    if (error == ENOENT || error == ELOOP) return std::optional<oci::ContainerRecord>();
    const std::string text = TRY(std::move(status).during(kCrunStatusName));
    const std::string config_text =
        TRY(sys::read_trusted_file(state.directory(), kConfigName, sys::kReadLimit)
                .during("the container's config.json"));
    const oci::Parsed parsed = oci::parse_config(config_text);
    oci::ContainerRecord record = TRY(oci::read_crun_status(text, state.id(), parsed.config));
    return std::optional(std::move(record));
}

Result<launch::Journal::Content> peer_resources(const oci::ContainerRecord& record) {
    launch::Journal::Content content;
    const host::CgroupLayout layout =
        TRY(host::read_cgroup_layout().during("find the mounted cgroup hierarchies"));
    content.cgroup = TRY(dirs_of(record, layout));
    content.cgroup_is_ours = true;
    if (!record.systemd_unit.empty())
        content.unit = launch::Journal::SystemdUnit{record.systemd_unit, record.rootless};
    return content;
}

Status refuse_peer(const oci::ContainerRecord& record, std::string_view operation) {
    if (record.maker == oci::Maker::crux) return {};
    const char* maker = name_of(record.maker);
    return fail(Error::Kind::state, cat("cannot ", operation, " container ", record.id, ": ", maker,
                                        " made it, and only ", maker, " can ", operation, " it"));
}

}  // namespace crux::container
