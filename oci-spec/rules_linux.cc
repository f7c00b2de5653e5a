#include <algorithm>

#include "oci-spec/rule_list.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

bool has_line_end(std::string_view text) {
    return text.find('\n') != std::string_view::npos;
}

bool same_numbers(const Device& a, const Device& b) {
    return a.type == b.type && a.major == b.major && a.minor == b.minor;
}

void check_repeated_device(const Linux& linux, std::size_t index, Diagnostics& out) {
    const Device& device = linux.devices[index];
    const std::string at = cat("/linux/devices/", index);
    for (std::size_t before = 0; before < index; ++before) {
        const Device& other = linux.devices[before];
        if (other.path == device.path && !same_numbers(other, device)) {
            out.error(
                cat(at, "/path"),
                cat(quoted(device.path), " is already used for another device in entry ", before));
            return;
        }
        if (device.type != DeviceType::fifo && same_numbers(other, device)) {
            out.warn(at, cat("is the same device as entry ", before));
            return;
        }
    }
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
    for (std::size_t index = 0; index < config.linux.devices.size(); ++index) {
        const Device& device = config.linux.devices[index];
        const std::string at = cat("/linux/devices/", index);
        if (!device.path.starts_with('/'))
            out.error(cat(at, "/path"), cat("must be an absolute path, not ", quoted(device.path)));
        else if (device.path.ends_with('/') || device.path.ends_with("/.") || climbs(device.path))
            out.error(cat(at, "/path"), cat("must name a file, not ", quoted(device.path)));
        check_device_numbers(device.major, device.minor, at, out);
        check_repeated_device(config.linux, index, out);
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

}  // namespace crux::oci
