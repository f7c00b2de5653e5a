#include <algorithm>
#include <array>

#include "oci-spec/rule_list.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

template <class Function>
void for_each_mount(const Config& config, const Function& function) {
    std::size_t index = 0;
    for (const Mount& mount : config.mounts) function(mount, cat("/mounts/", index++));
}

// lxcfs provides these files for containers; any other mount below /proc could give false
// information to programs that trust procfs.
constexpr std::array<std::string_view, 10> kAllowedBelowProc = {
    "/proc/cpuinfo",
    "/proc/diskstats",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/slabinfo",
    "/proc/stat",
    "/proc/swaps",
    "/proc/sys/crypto/fips_enabled",
    "/proc/sys/kernel/ns_last_pid",
    "/proc/uptime",
};

void check_both_mappings(const Mount& mount, const std::string& at, Diagnostics& out) {
    if (mount.uid_mappings.empty() == mount.gid_mappings.empty()) return;
    const bool uids = !mount.uid_mappings.empty();
    out.error(cat(at, uids ? "/uidMappings" : "/gidMappings"),
              cat("requires ", uids ? "gidMappings" : "uidMappings"));
}

}  // namespace

std::string cleaned(std::string_view path) {
    std::vector<std::string_view> kept;
    for (const std::string_view piece : split(path, '/')) {
        if (piece.empty() || piece == ".") continue;
        if (piece != "..")
            kept.push_back(piece);
        else if (!kept.empty())
            kept.pop_back();
    }
    std::string out;
    for (const std::string_view piece : kept) out += cat('/', piece);
    return out.empty() ? "/" : out;
}

void check_destinations(const Config& config, Diagnostics& out) {
    for_each_mount(config, [&](const Mount& mount, const std::string& at) {
        if (!mount.destination.empty() && !mount.destination.starts_with('/'))
            out.warn(cat(at, "/destination"),
                     "relative destination path is deprecated, interpreted as relative to /");
    });
}

void check_mount_types(const Config& config, Diagnostics& out) {
    for_each_mount(config, [&](const Mount& mount, const std::string& at) {
        if (mount.parsed.remount) return;
        if (mount.is_bind()) {
            if (mount.source.empty()) out.error(cat(at, "/source"), "is required for a bind mount");
        } else if (mount.type.empty()) {
            out.error(cat(at, "/type"), "is required unless the mount is a bind mount");
        } else if (mount.type == "bind" || mount.type == "none") {
            out.error(cat(at, "/type"),
                      cat(quoted(mount.type), R"( requires the option "bind" or "rbind")"));
        }
    });
}

void check_source_lengths(const Config& config, Diagnostics& out) {
    constexpr std::size_t kMost = 4095;  // PATH_MAX counts the NUL
    for_each_mount(config, [&](const Mount& mount, const std::string& at) {
        if (mount.source.size() > kMost)
            out.error(cat(at, "/source"),
                      cat("exceeds the limit of ", kMost, " bytes: has ", mount.source.size()));
    });
}

// The kernel would silently ignore such an option.
void check_bind_options(const Config& config, Diagnostics& out) {
    for_each_mount(config, [&](const Mount& mount, const std::string& at) {
        if (!mount.is_bind()) return;
        // The data are the unknown ones among the options, in the same order.
        auto next = mount.parsed.data.begin();
        for (std::size_t index = 0; index < mount.options.size(); ++index) {
            const std::string& option = mount.options[index];
            if (next == mount.parsed.data.end() || *next != option) continue;
            ++next;
            out.error(cat(at, "/options/", index),
                      out.has_room(Severity::error)
                          ? cat("bind mounts cannot have any filesystem-specific options applied: ",
                                quoted(option), mount_option_suggestion(option))
                          : std::string());
        }
    });
}

// Whether the source of a bind mount over /proc is a procfs can only be checked on the host.
void check_proc_mounts(const Config& config, Diagnostics& out) {
    for_each_mount(config, [&](const Mount& mount, const std::string& at) {
        const std::string path = cleaned(mount.destination);
        if (path == "/proc") {
            const bool other = !mount.type.empty() && mount.type != "proc";
            if (other && !mount.is_bind() && !mount.parsed.remount)
                out.error(cat(at, "/destination"),
                          cat(quoted(path), " cannot be mounted because it is not of type proc"));
        } else if (path.starts_with("/proc/") && !mount.parsed.remount &&
                   std::ranges::find(kAllowedBelowProc, path) == kAllowedBelowProc.end()) {
            out.error(cat(at, "/destination"),
                      cat(quoted(path), " cannot be mounted because it is inside /proc"));
        }
    });
}

void check_mount_mappings(const Config& config, Diagnostics& out) {
    const bool private_user = find_namespace(config.linux, NamespaceType::user) != nullptr;
    for_each_mount(config, [&](const Mount& mount, const std::string& at) {
        check_both_mappings(mount, at, out);
        check_mapping_list(mount.uid_mappings, cat(at, "/uidMappings"), out);
        check_mapping_list(mount.gid_mappings, cat(at, "/gidMappings"), out);
        for (const auto* list : {&mount.uid_mappings, &mount.gid_mappings})
            for (const IdMapping& each : *list)
                if (each.relative)
                    out.error(cat(at, "/options"), cat("the container has no ID ", each.host_id,
                                                       ", which a mapping is relative to"));
        const bool mapped = !mount.uid_mappings.empty() || !mount.gid_mappings.empty();
        const bool asked = mount.parsed.idmap != IdMapOption::none;
        if (mapped && !asked)
            out.warn(cat(at, "/options"),
                     R"(should contain "idmap" or "ridmap": the mount has ID mappings)");
        if (asked && !mapped && !private_user)
            out.error(cat(at, "/options"),
                      "ID-mapped mounts require ID mappings or a user namespace");
    });
}

void check_tmpcopyup(const Config& config, Diagnostics& out) {
    for_each_mount(config, [&](const Mount& mount, const std::string& at) {
        if (mount.parsed.tmpcopyup && (mount.is_bind() || mount.type != "tmpfs"))
            out.error(cat(at, "/options"), "\"tmpcopyup\" requires a mount of type tmpfs");
    });
}

}  // namespace crux::oci
