#include "oci-spec/parsers.h"

namespace crux::oci {

namespace {

Namespace read_namespace(const Reader& r) {
    return {
        .type = r["type"].required_word(kNamespaces, "namespace type"),
        .path = r["path"].string(),
    };
}

TimeOffset read_time_offset(const Reader& r) {
    return {
        .secs = r["secs"].number<std::int64_t>(),
        .nanosecs = r["nanosecs"].number<std::uint32_t>(),
    };
}

// An unknown key is an error: if it were ignored, an offset would not be set.
TimeOffsets read_time_offsets(const Reader& r) {
    TimeOffsets offsets;
    (void)r.entries([&](std::string_view clock, const Reader& value) {
        if (clock == "boottime") {
            offsets.boottime = value.optional(read_time_offset);
        } else if (clock == "monotonic") {
            offsets.monotonic = value.optional(read_time_offset);
        } else {
            value.ignore();
            constexpr std::array<std::string_view, 2> kClocks = {"boottime", "monotonic"};
            value.error(cat("is not a clock of time namespaces (known: boottime, monotonic)",
                            did_you_mean(clock, kClocks)));
        }
        return 0;
    });
    return offsets;
}

NetDevice read_net_device(std::string_view host_name, const Reader& r) {
    return {.host_name = std::string(host_name), .name = r["name"].string()};
}

IntelRdt read_intel_rdt(const Reader& r) {
    return {
        .clos_id = r["closID"].string(),
        .schemata = r["schemata"].strings(),
        .l3_cache_schema = r["l3CacheSchema"].string(),
        .mem_bw_schema = r["memBwSchema"].string(),
        .enable_monitoring = r["enableMonitoring"].boolean(),
    };
}

// Callers search for "invalid memory policy", as in runc's message.
MemoryPolicy read_memory_policy(const Reader& r) {
    const Reader mode = r["mode"];
    if (!mode.present()) mode.error("invalid memory policy mode: is required");
    return {
        .mode = mode.optional_word(kMemoryPolicyModes, "memory policy mode")
                    .value_or(MemoryPolicyMode::default_),
        .nodes = read_ranges(r["nodes"], "invalid memory policy node list: "),
        .flags = read_bits(r["flags"], kMemoryPolicyFlags, "memory policy flag"),
    };
}

Personality read_personality(const Reader& r) {
    return {
        .domain = r["domain"].required_word(kPersonalityDomains, "personality domain"),
        .flags = r["flags"].strings(),
    };
}

}  // namespace

IdMapping read_id_mapping(const Reader& r) {
    return {
        .container_id = r["containerID"].required_number<std::uint32_t>(),
        .host_id = r["hostID"].required_number<std::uint32_t>(),
        .size = r["size"].required_number<std::uint32_t>(),
    };
}

Ranges read_ranges(const Reader& r, std::string_view context) {
    const std::string text = r.string();
    const auto ranges = parse_ranges(text);
    if (!ranges) r.error(cat(context, "expected a list such as \"0-3,7\", not ", quoted(text)));
    return ranges.value_or(Ranges{});
}

Linux read_linux(const Reader& r) {
    return {
        .namespaces = r["namespaces"].objects(read_namespace),
        .uid_mappings = r["uidMappings"].objects(read_id_mapping),
        .gid_mappings = r["gidMappings"].objects(read_id_mapping),
        .time_offsets = r["timeOffsets"].object(read_time_offsets),
        .devices = r["devices"].objects(read_device),
        .net_devices = r["netDevices"].entries(read_net_device),
        .cgroups_path = r["cgroupsPath"].string(),
        .resources = r["resources"].object(read_resources),
        .intel_rdt = r["intelRdt"].optional(read_intel_rdt),
        .memory_policy = r["memoryPolicy"].optional(read_memory_policy),
        .sysctl = r["sysctl"].string_map(),
        .seccomp = r["seccomp"].optional(read_seccomp),
        .rootfs_propagation = r["rootfsPropagation"]
                                  .optional_word(kPropagations, "mount propagation")
                                  .value_or(Propagation::none),
        .masked_paths = r["maskedPaths"].strings(),
        .readonly_paths = r["readonlyPaths"].strings(),
        .mount_label = r["mountLabel"].string(),
        .personality = r["personality"].optional(read_personality),
    };
}

}  // namespace crux::oci
