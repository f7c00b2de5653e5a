#include <algorithm>
#include <map>
#include <tuple>

#include "oci-spec/rule_list.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

bool has_line_end(std::string_view text) {
    return text.find('\n') != std::string_view::npos;
}

using DeviceNumbers = std::tuple<DeviceType, std::uint32_t, std::uint32_t>;

DeviceNumbers numbers_of(const Device& device) {
    return {device.type, device.major, device.minor};
}

/// The devices before one in the list, by path and by numbers.
class EarlierDevices {
 public:
    static constexpr std::size_t kNone = ~std::size_t{0};

    void add(const Device& device, std::size_t index) {
        by_numbers_.try_emplace(numbers_of(device), index);
        const auto [place, is_new] = by_path_.try_emplace(device.path, PathUse{device, index});
        if (!is_new && place->second.other == kNone &&
            numbers_of(device) != numbers_of(place->second.first))
            place->second.other = index;
    }
    /// The first one with the same path and other numbers.
    [[nodiscard]] std::size_t in_the_way_of(const Device& device) const {
        const auto place = by_path_.find(device.path);
        if (place == by_path_.end()) return kNone;
        const PathUse& use = place->second;
        return numbers_of(use.first) != numbers_of(device) ? use.index : use.other;
    }
    /// The first one with the same numbers.
    [[nodiscard]] std::size_t same_as(const Device& device) const {
        const auto found = by_numbers_.find(numbers_of(device));
        return device.type == DeviceType::fifo || found == by_numbers_.end() ? kNone
                                                                             : found->second;
    }

 private:
    struct PathUse {
        const Device& first;
        std::size_t index;
        std::size_t other = kNone;  ///< the first one with other numbers
    };
    std::map<std::string_view, PathUse> by_path_;
    std::map<DeviceNumbers, std::size_t> by_numbers_;
};

void check_repeated_device(const Device& device, std::size_t index, const EarlierDevices& earlier,
                           Diagnostics& out) {
    const std::string at = cat("/linux/devices/", index);
    const std::size_t other = earlier.in_the_way_of(device);
    const std::size_t same = earlier.same_as(device);
    if (other < same)
        out.error(cat(at, "/path"),
                  cat(quoted(device.path), " is already used for another device in entry ", other));
    else if (same != EarlierDevices::kNone)
        out.warn(at, cat("is the same device as entry ", same));
}

void check_paths(const std::vector<std::string>& paths, const std::string& at, bool private_mount,
                 Diagnostics& out) {
    if (!paths.empty() && !private_mount)
        out.error(at, "unable to restrict sys entries without a private MNT namespace");
    for (std::size_t index = 0; index < paths.size(); ++index)
        if (!paths[index].starts_with('/'))
            out.error(cat(at, '/', index),
                      cat("must be an absolute path, not ", quoted(paths[index])));
}

std::uint64_t count(const Ranges& ranges) {
    std::uint64_t total = 0;
    for (const Range& range : ranges) total += range.last - range.first + 1;
    return total;
}

// The nodes of a /dev that is bind-mounted belong to the source of the mount.
void check_device_folder(const Config& config, Diagnostics& out) {
    const bool is_bound = std::ranges::any_of(config.mounts, [](const Mount& mount) {
        return mount.is_bind() && cleaned(mount.destination) == "/dev";
    });
    if (is_bound && !config.linux.devices.empty())
        out.warn("/linux/devices", "is ignored: /dev is a bind mount");
}

}  // namespace

bool climbs(std::string_view path) {
    const auto pieces = split(path, '/');
    return std::ranges::find(pieces, "..") != pieces.end();
}

void check_device_numbers(std::uint32_t major, std::uint32_t minor, const std::string& at,
                          Diagnostics& out) {
    // new_encode_dev of linux/kdev_t.h: 12 bits and 20 bits.
    constexpr std::uint32_t kMaxMajor = (1U << 12U) - 1;
    constexpr std::uint32_t kMaxMinor = (1U << 20U) - 1;
    if (major > kMaxMajor)
        out.error(cat(at, "/major"), cat("must be from 0 to ", kMaxMajor, ", not ", major));
    if (minor > kMaxMinor)
        out.error(cat(at, "/minor"), cat("must be from 0 to ", kMaxMinor, ", not ", minor));
}

void check_devices(const Config& config, Diagnostics& out) {
    check_device_folder(config, out);
    EarlierDevices earlier;
    for (std::size_t index = 0; index < config.linux.devices.size(); ++index) {
        const Device& device = config.linux.devices[index];
        const std::string at = cat("/linux/devices/", index);
        if (!device.path.starts_with('/'))
            out.error(cat(at, "/path"), cat("must be an absolute path, not ", quoted(device.path)));
        else if (device.path.ends_with('/') || device.path.ends_with("/.") || climbs(device.path))
            out.error(cat(at, "/path"), cat("must name a file, not ", quoted(device.path)));
        if (cleaned(device.path) == "/dev/ptmx")
            out.warn(at, "is ignored: /dev/ptmx is always a link to pts/ptmx");
        check_device_numbers(device.major, device.minor, at, out);
        check_repeated_device(device, index, earlier, out);
        earlier.add(device, index);
    }
}

void check_cgroups_path(const Config& config, Diagnostics& out) {
    if (climbs(config.linux.cgroups_path))
        out.error("/linux/cgroupsPath", cat("must not contain a \"..\" component, but is ",
                                            quoted(config.linux.cgroups_path)));
    if (has_line_end(config.linux.cgroups_path))
        out.error("/linux/cgroupsPath", "must not contain a newline");
}

void check_intel_rdt(const Config& config, Diagnostics& out) {
    if (!config.linux.intel_rdt) return;
    const IntelRdt& rdt = *config.linux.intel_rdt;
    const std::string& clos = rdt.clos_id;
    if (clos == "." || clos == ".." || has_line_end(clos) ||
        (clos.size() > 1 && clos.find('/') != std::string::npos))
        out.error("/linux/intelRdt/closID", cat("invalid intelRdt.ClosID ", quoted(clos)));
    for (std::size_t index = 0; index < rdt.schemata.size(); ++index)
        if (has_line_end(rdt.schemata[index]))
            out.error(cat("/linux/intelRdt/schemata/", index), "must not contain a newline");
    if (!rdt.l3_cache_schema.empty() && !rdt.l3_cache_schema.starts_with("L3:"))
        out.warn("/linux/intelRdt/l3CacheSchema", "should start with \"L3:\"");
    if (has_line_end(rdt.l3_cache_schema))
        out.warn("/linux/intelRdt/l3CacheSchema", "should not contain a newline");
    if (!rdt.mem_bw_schema.empty() && !rdt.mem_bw_schema.starts_with("MB:"))
        out.error("/linux/intelRdt/memBwSchema", "must start with \"MB:\"");
    if (has_line_end(rdt.mem_bw_schema))
        out.error("/linux/intelRdt/memBwSchema", "must not contain a newline");
}

// set_mempolicy(2)
void check_memory_policy(const Config& config, Diagnostics& out) {
    if (!config.linux.memory_policy) return;
    const MemoryPolicy& policy = *config.linux.memory_policy;
    const std::uint64_t nodes = count(policy.nodes);
    switch (policy.mode) {
        case MemoryPolicyMode::default_:
        case MemoryPolicyMode::local:
            if (nodes != 0)
                out.error("/linux/memoryPolicy/nodes",
                          cat("memory policy mode requires 0 nodes but got ", nodes));
            break;
        case MemoryPolicyMode::bind:
        case MemoryPolicyMode::interleave:
        case MemoryPolicyMode::preferred_many:
        case MemoryPolicyMode::weighted_interleave:
            if (nodes == 0)
                out.error("/linux/memoryPolicy/nodes",
                          "memory policy mode requires at least one node but got 0");
            break;
        case MemoryPolicyMode::preferred:
            break;  // none means the local node
    }
    constexpr std::uint32_t kBoth = *value_of(kMemoryPolicyFlags, "MPOL_F_STATIC_NODES") |
                                    *value_of(kMemoryPolicyFlags, "MPOL_F_RELATIVE_NODES");
    if ((policy.flags & kBoth) == kBoth)
        out.error("/linux/memoryPolicy/flags",
                  "MPOL_F_STATIC_NODES conflicts with MPOL_F_RELATIVE_NODES");
}

void check_personality(const Config& config, Diagnostics& out) {
    if (!config.linux.personality) return;
    const auto& flags = config.linux.personality->flags;
    for (std::size_t index = 0; index < flags.size(); ++index)
        out.error(cat("/linux/personality/flags/", index),
                  cat(quoted(flags[index]), " is not supported: no personality flag is defined"));
}

void check_restricted_paths(const Config& config, Diagnostics& out) {
    const bool private_mount = find_namespace(config.linux, NamespaceType::mount) != nullptr;
    check_paths(config.linux.masked_paths, "/linux/maskedPaths", private_mount, out);
    check_paths(config.linux.readonly_paths, "/linux/readonlyPaths", private_mount, out);
}

// The caller's mounts keep their propagation: it is not the container's to change.
void check_root_propagation(const Config& config, Diagnostics& out) {
    if (config.linux.rootfs_propagation == Propagation::none ||
        find_namespace(config.linux, NamespaceType::mount) != nullptr)
        return;
    out.warn("/linux/rootfsPropagation", "is ignored without a mount namespace");
}

}  // namespace crux::oci
