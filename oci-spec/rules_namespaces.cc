#include <algorithm>
#include <array>
#include <set>

#include "oci-spec/rule_list.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

std::size_t index_of(const Linux& linux, NamespaceType type) {
    for (std::size_t index = 0; index < linux.namespaces.size(); ++index)
        if (linux.namespaces[index].type == type) return index;
    return linux.namespaces.size();
}

bool overlap(std::uint64_t first, std::uint64_t second, std::uint64_t size,
             std::uint64_t other_size) {
    return first < second + other_size && second < first + size;
}

// dev_valid_name and __dev_alloc_name of net/core/dev.c; the kernel replaces "%d" by a free number.
bool is_device_name(std::string_view name, bool template_allowed) {
    constexpr std::size_t kMax = 15;  // IFNAMSIZ with its NUL
    if (name.empty() || name.size() > kMax || name == "." || name == "..") return false;
    if (name.find_first_of("/: \t\n\v\f\r") != std::string_view::npos) return false;
    const std::size_t percent = name.find('%');
    if (percent == std::string_view::npos) return true;
    return template_allowed && name.substr(percent).starts_with("%d") &&
           name.find('%', percent + 1) == std::string_view::npos;
}

// sysctl(8): the first "." or "/" is the separator; the other character is part of a name.
std::string with_dots(std::string_view key) {
    std::string out(key);
    const std::size_t first = out.find_first_of("./");
    if (first == std::string::npos || out[first] == '.') return out;
    for (char& c : out) c = c == '.' ? '/' : (c == '/' ? '.' : c);
    return out;
}

// No component of the path may be empty or "..", and no character may terminate it early.
bool is_sysctl_name(std::string_view dotted) {
    if (dotted.find_first_of(" \t\n\r") != std::string_view::npos) return false;
    std::string path(dotted);
    for (char& c : path) c = c == '.' ? '/' : (c == '/' ? '.' : c);
    return std::ranges::none_of(split(path, '/'), [](std::string_view piece) {
        return piece.empty() || piece == "." || piece == "..";
    });
}

constexpr std::array<std::string_view, 8> kIpcSysctls = {
    "kernel.msgmax",          "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
    "kernel.shm_rmid_forced", "kernel.shmall", "kernel.shmmax", "kernel.shmmni",
};

bool is_ipc_sysctl(std::string_view name) {
    return name.starts_with("fs.mqueue.") ||
           std::ranges::find(kIpcSysctls, name) != kIpcSysctls.end();
}

// The reason why the sysctl must not be set, or empty. A sysctl that is not in a namespace of the
// container would change the host.
std::string sysctl_fault(const Linux& linux, const std::string& name) {
    const auto listed = [&](NamespaceType type) { return find_namespace(linux, type) != nullptr; };
    if (!is_sysctl_name(name)) return cat("sysctl ", quoted(name), " is not a valid sysctl name");
    if (is_ipc_sysctl(name))
        return listed(NamespaceType::ipc)
                   ? ""
                   : cat("sysctl ", quoted(name), " is not allowed in the hosts ipc namespace");
    if (name.starts_with("net."))
        return listed(NamespaceType::network)
                   ? ""
                   : cat("sysctl ", quoted(name), " not allowed in host network namespace");
    if (listed(NamespaceType::uts)) {
        if (name == "kernel.domainname") return "";
        if (name == "kernel.hostname")
            return cat("sysctl ", quoted(name),
                       " is not allowed as it conflicts with the OCI \"hostname\" field");
    }
    if (name.starts_with("user."))
        return listed(NamespaceType::user)
                   ? ""
                   : cat("setting ucounts without a user namespace not allowed: ", name);
    return cat("sysctl ", quoted(name), " is not in a separate kernel namespace");
}

}  // namespace

std::optional<NamespaceType> sysctl_namespace(std::string_view key) {
    const std::string name = with_dots(key);
    if (is_ipc_sysctl(name)) return NamespaceType::ipc;
    if (name.starts_with("net.")) return NamespaceType::network;
    if (name == "kernel.domainname" || name == "kernel.hostname") return NamespaceType::uts;
    if (name.starts_with("user.")) return NamespaceType::user;
    return std::nullopt;
}

void check_namespaces(const Config& config, Diagnostics& out) {
    const auto& namespaces = config.linux.namespaces;
    std::uint32_t seen = 0;
    for (std::size_t index = 0; index < namespaces.size(); ++index) {
        const std::uint32_t bit = 1U << static_cast<unsigned>(namespaces[index].type);
        if ((seen & bit) != 0)
            out.error(cat("/linux/namespaces/", index, "/type"),
                      cat("namespace ", namespace_word(namespaces[index].type).name,
                          " is given more than once"));
        seen |= bit;
    }
}

void check_namespace_paths(const Config& config, Diagnostics& out) {
    for (std::size_t index = 0; index < config.linux.namespaces.size(); ++index) {
        const std::string& path = config.linux.namespaces[index].path;
        if (!path.empty() && !path.starts_with('/'))
            out.error(cat("/linux/namespaces/", index, "/path"),
                      cat("must be an absolute path, not ", quoted(path)));
    }
}

void check_user_namespace(const Config& config, Diagnostics& out) {
    const Linux& linux = config.linux;
    const bool uids = !linux.uid_mappings.empty();
    const bool gids = !linux.gid_mappings.empty();
    const Namespace* user = find_namespace(linux, NamespaceType::user);
    const std::string at = cat("/linux/namespaces/", index_of(linux, NamespaceType::user));
    if (user == nullptr) {
        constexpr std::string_view kText =
            "user namespace mappings specified, but user namespace isn't enabled in the config";
        if (uids) out.error("/linux/uidMappings", std::string(kText));
        if (gids) out.error("/linux/gidMappings", std::string(kText));
        return;
    }
    if (!user->path.empty()) {
        if (uids || gids)
            out.warn(at,
                     "the joined user namespace keeps its own mappings; the specified ones must be "
                     "equal");
    } else if (!uids && !gids) {
        out.error(at,
                  "user namespaces enabled, but no namespace path to join nor mappings to apply "
                  "specified");
    } else if (uids != gids) {
        out.error(uids ? "/linux/uidMappings" : "/linux/gidMappings",
                  cat("requires ", uids ? "gidMappings" : "uidMappings"));
    }
}

void check_mapping_list(const std::vector<IdMapping>& mappings, const std::string& at,
                        Diagnostics& out) {
    constexpr std::size_t kMaxLines = 340;       // UID_GID_MAP_MAX_EXTENTS, user_namespaces(7)
    constexpr std::uint64_t kIds = 1ULL << 32U;  // IDs have 32 bits, and the last one is not valid
    if (mappings.size() > kMaxLines)
        out.error(at,
                  cat("exceeds the limit of ", kMaxLines, " entries: contains ", mappings.size()));
    for (std::size_t index = 0; index < mappings.size() && index < kMaxLines; ++index) {
        const IdMapping& one = mappings[index];
        const std::string here = cat(at, '/', index);
        if (one.size == 0) out.error(cat(here, "/size"), "must not be zero");
        if (std::uint64_t{one.container_id} + one.size >= kIds ||
            std::uint64_t{one.host_id} + one.size >= kIds)
            out.error(cat(here, "/size"), "exceeds the range of IDs");
        for (std::size_t before = 0; before < index; ++before) {
            const IdMapping& other = mappings[before];
            const bool inside = overlap(one.container_id, other.container_id, one.size, other.size);
            if (!inside && !overlap(one.host_id, other.host_id, one.size, other.size)) continue;
            out.error(here, cat("overlaps with entry ", before,
                                inside ? " inside the container" : " on the host"));
            break;
        }
    }
}

void check_id_mappings(const Config& config, Diagnostics& out) {
    check_mapping_list(config.linux.uid_mappings, "/linux/uidMappings", out);
    check_mapping_list(config.linux.gid_mappings, "/linux/gidMappings", out);
}

namespace {

/// Whether the ID is mapped, or another rule reports it.
bool maps(const std::vector<IdMapping>& mappings, std::uint32_t id) {
    constexpr std::uint32_t kNoId = 0xffff'ffff;
    if (id == kNoId) return true;
    return std::ranges::any_of(mappings, [id](const IdMapping& one) {
        return id >= one.container_id && id - one.container_id < one.size;
    });
}

bool has_valid_mappings(const Linux& linux) {
    Diagnostics found;
    check_mapping_list(linux.uid_mappings, {}, found);
    check_mapping_list(linux.gid_mappings, {}, found);
    return !found.has_errors() && !linux.uid_mappings.empty() && !linux.gid_mappings.empty();
}

// Callers of runc match the texts for the user and the group.
void check_mapped_user(const Linux& linux, const User& user, Diagnostics& out) {
    if (!maps(linux.uid_mappings, user.uid))
        out.error("/process/user/uid",
                  cat("cannot setuid to unmapped uid ", user.uid, " in user namespace"));
    if (!maps(linux.gid_mappings, user.gid))
        out.error("/process/user/gid",
                  cat("cannot setgid to unmapped gid ", user.gid, " in user namespace"));
    // With one ID it is an unprivileged user's, who may not set additional groups at all: the plan
    // says so.
    if (linux.gid_mappings.size() == 1 && linux.gid_mappings[0].size == 1) return;
    for (std::size_t index = 0; index < user.additional_gids.size(); ++index)
        if (!maps(linux.gid_mappings, user.additional_gids[index]))
            out.error(cat("/process/user/additionalGids/", index),
                      cat("cannot set additional group to unmapped gid ",
                          user.additional_gids[index], " in user namespace"));
}

}  // namespace

void check_mapped_ids(const Config& config, Diagnostics& out) {
    const Linux& linux = config.linux;
    const Namespace* user = find_namespace(linux, NamespaceType::user);
    if (user == nullptr || !user->path.empty() || !has_valid_mappings(linux)) return;
    constexpr std::string_view kRoot =
        "must contain ID 0: the container is set up by root of its user namespace";
    if (!maps(linux.uid_mappings, 0)) out.error("/linux/uidMappings", std::string(kRoot));
    if (!maps(linux.gid_mappings, 0)) out.error("/linux/gidMappings", std::string(kRoot));
    if (config.process) check_mapped_user(linux, config.process->user, out);
}

void check_time_offsets(const Config& config, Diagnostics& out) {
    constexpr std::uint32_t kSecond = 1'000'000'000;
    const TimeOffsets& offsets = config.linux.time_offsets;
    if (offsets.empty()) return;
    const Namespace* time = find_namespace(config.linux, NamespaceType::time);
    if (time == nullptr)
        out.error(
            "/linux/timeOffsets",
            "time namespace offsets specified, but time namespace isn't enabled in the config");
    else if (!time->path.empty())
        out.error(
            "/linux/timeOffsets",
            "time namespace enabled, but both namespace path and time offsets specified -- you "
            "may only provide one");
    if (offsets.boottime && offsets.boottime->nanosecs >= kSecond)
        out.error("/linux/timeOffsets/boottime/nanosecs", "must be less than one second");
    if (offsets.monotonic && offsets.monotonic->nanosecs >= kSecond)
        out.error("/linux/timeOffsets/monotonic/nanosecs", "must be less than one second");
}

void check_net_devices(const Config& config, Diagnostics& out) {
    const auto& devices = config.linux.net_devices;
    if (devices.empty()) return;
    const Namespace* network = find_namespace(config.linux, NamespaceType::network);
    if (network == nullptr)
        out.error("/linux/netDevices", "unable to move network devices without a NET namespace");
    else if (network->path == "/proc/self/ns/net" || network->path == "/proc/1/ns/net")
        out.error("/linux/netDevices",
                  "unable to move network devices into the host's NET namespace");
    std::set<std::string_view> names;
    for (const NetDevice& device : devices) {
        const std::string at = cat("/linux/netDevices", pointer_token(device.host_name));
        const std::string_view name = device.name.empty() ? device.host_name : device.name;
        if (!is_device_name(device.host_name, false))
            out.error(at, cat("invalid network device name ", quoted(device.host_name)));
        else if (!is_device_name(name, true))
            out.error(cat(at, "/name"), cat("invalid network device name ", quoted(name)));
        else if (name.find('%') == std::string_view::npos && names.contains(name))
            out.error(at, cat("the name ", quoted(name), " is already used for another device"));
        names.insert(name);
    }
}

void check_sysctl(const Config& config, Diagnostics& out) {
    for (const auto& [key, value] : config.linux.sysctl) {
        std::string fault = sysctl_fault(config.linux, with_dots(key));
        const std::string at = cat("/linux/sysctl", pointer_token(key));
        if (!fault.empty()) out.error(at, std::move(fault));
    }
}

}  // namespace crux::oci
