#include "runtime/systemd/unit.h"

#include "oci-spec/diagnostics.h"
#include "oci-spec/extensions.h"
#include "runtime/base/text.h"

namespace crux::systemd {

namespace {

constexpr std::string_view kSlice = ".slice";
constexpr const char* kPointer = "/linux/cgroupsPath";

std::unexpected<Error> refused(std::string text) {
    return std::unexpected(Error(Error::Kind::spec, std::move(text)).at(kPointer));
}

/// The characters that a unit name may contain (systemd.unit(5)).
bool is_unit_name(std::string_view name) {
    constexpr std::size_t kLongest = 255;
    if (name.empty() || name.size() > kLongest || name.starts_with('@')) return false;
    return name.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
               ":-_.\\@") == std::string_view::npos;
}

/// The directory of "user@1000.service", from any cgroup of that user: one below the manager, or
/// one of a session ("/user.slice/user-1000.slice/session-1.scope").
Result<std::string> manager_of_user(const host::CgroupLayout& layout) {
    const host::CgroupHierarchy* tree = layout.unified();
    if (const host::CgroupHierarchy* named = layout.find("name=systemd");
        named != nullptr && layout.mode != host::CgroupMode::v2)
        tree = named;
    if (tree == nullptr)
        return fail(Error::Kind::unsupported, "no cgroup hierarchy of systemd is mounted");
    const std::string_view own = tree->own_path;
    constexpr std::string_view kManager = "/user@";
    if (const std::size_t at = own.find(kManager); at != std::string_view::npos)
        return std::string(own.substr(0, own.find('/', at + 1)));
    constexpr std::string_view kUser = "/user.slice/user-";
    const std::size_t at = own.find(kUser);
    if (at == std::string_view::npos)
        return fail(Error::Kind::unsupported, cat("no systemd user manager: the cgroup ", own,
                                                  " is not part of a user session"));
    const std::string_view number = own.substr(at + kUser.size());
    const std::string_view uid = number.substr(0, number.find(kSlice));
    return cat(own.substr(0, at), kUser, uid, ".slice/user@", uid, ".service");
}

}  // namespace

Result<std::string> slice_path(std::string_view slice) {
    if (slice == "-.slice") return std::string();
    const bool has_end = slice.size() > kSlice.size() && slice.ends_with(kSlice);
    const std::string_view stem = has_end ? slice.substr(0, slice.size() - kSlice.size()) : slice;
    if (!has_end || !is_unit_name(slice) || stem.starts_with('-') || stem.ends_with('-') ||
        stem.find("--") != std::string_view::npos)
        return refused(cat("invalid slice name: ", slice));
    std::string path;
    for (std::size_t dash = stem.find('-'); dash != std::string_view::npos;
         dash = stem.find('-', dash + 1))
        path += cat('/', stem.substr(0, dash), kSlice);
    return cat(path, '/', slice);
}

Result<std::string> subgroup_of(const oci::StringMap& annotations) {
    constexpr std::string_view kKey = oci::kSubgroupAnnotation;
    std::string path;
    for (const auto& [key, text] : annotations) {
        if (key != kKey || text.empty()) continue;
        for (const std::string_view name : split(text, '/')) {
            constexpr std::size_t kLongest = 255;
            if (name.empty() || name == "." || name == ".." || name.size() > kLongest ||
                name.find('\n') != std::string_view::npos)
                return std::unexpected(
                    Error(Error::Kind::spec,
                          cat(quoted(text),
                              " is not a valid cgroup below the unit: must be one or more "
                              "names separated by slashes"))
                        .at(cat("/annotations", oci::pointer_token(kKey))));
            path += cat('/', name);
        }
    }
    return path;
}

Result<Unit> unit_for(std::string_view cgroups_path, std::string_view id,
                      const host::CgroupLayout& layout, bool user) {
    std::string_view slice;
    std::string_view prefix = "crux";
    std::string_view name = id;
    if (!cgroups_path.empty()) {
        const auto parts = split(cgroups_path, ':');
        constexpr std::size_t kParts = 3;
        if (parts.size() != kParts)
            return refused(
                cat("expected cgroupsPath to be of format \"slice:prefix:name\" "
                    "for systemd cgroups, got ",
                    quoted(cgroups_path), " instead"));
        slice = parts[0];
        prefix = parts[1];
        name = parts[2];
    }
    Unit unit;
    unit.user = user;
    unit.slice = !slice.empty() ? slice : user ? "user.slice" : "system.slice";
    unit.name = name;
    if (!unit.is_slice())
        unit.name = prefix.empty() ? cat(name, ".scope") : cat(prefix, '-', name, ".scope");
    if (name.empty() || !is_unit_name(unit.name))
        return refused(cat("invalid systemd unit name ", quoted(unit.name)));
    const std::string base = user ? TRY(manager_of_user(layout)) : std::string();
    const std::string above = TRY(slice_path(unit.slice));
    unit.path = cat(base, above, '/', unit.name);
    return unit;
}

}  // namespace crux::systemd
