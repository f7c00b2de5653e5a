#include "oci-spec/parsers.h"

namespace crux::oci {

namespace {

ConsoleSize read_console_size(const Reader& r) {
    return {
        .height = r["height"].required_number<std::uint16_t>(),
        .width = r["width"].required_number<std::uint16_t>(),
    };
}

Rlimit read_rlimit(const Reader& r) {
    return {
        .type = r["type"].required_word(kRlimits, "resource limit"),
        .soft = r["soft"].required_number<std::uint64_t>(),
        .hard = r["hard"].required_number<std::uint64_t>(),
    };
}

// The specification requires a warning, not an error, for an unknown capability.
CapabilitySet read_capability_set(const Reader& r, std::vector<std::string>& unknown) {
    CapabilitySet set = 0;
    (void)r.list([&](const Reader& item) {
        const std::string name = item.required_string();
        if (const auto number = capability::number_of(name)) {
            set |= capability::bit(*number);
        } else if (!name.empty()) {
            item.warn(item.has_room(Severity::warning)
                          ? cat(quoted(name), " is not a known capability, ignored",
                                capability_suggestion(name))
                          : std::string());
            unknown.push_back(name);
        }
        return 0;
    });
    return set;
}

Capabilities read_capabilities(const Reader& r) {
    Capabilities out;
    out.effective = read_capability_set(r["effective"], out.unknown);
    out.bounding = read_capability_set(r["bounding"], out.unknown);
    out.inheritable = read_capability_set(r["inheritable"], out.unknown);
    out.permitted = read_capability_set(r["permitted"], out.unknown);
    out.ambient = read_capability_set(r["ambient"], out.unknown);
    return out;
}

Scheduler read_scheduler(const Reader& r) {
    return {
        .policy = r["policy"].required_word(kSchedulerPolicies, "scheduling policy"),
        .nice = r["nice"].number<std::int32_t>(),
        .priority = r["priority"].number<std::int32_t>(),
        .flags = read_bits(r["flags"], kSchedulerFlags, "scheduling flag"),
        .runtime = r["runtime"].number<std::uint64_t>(),
        .deadline = r["deadline"].number<std::uint64_t>(),
        .period = r["period"].number<std::uint64_t>(),
    };
}

IoPriority read_io_priority(const Reader& r) {
    const auto io_class = r["class"].required_word(kIoPriorityClasses, "I/O priority class");
    const Reader priority = r["priority"];
    // The idle class has no levels (ioprio_set(2)), and callers omit the priority.
    const bool may_be_absent = io_class == IoPriorityClass::idle;
    return {
        .class_ = io_class,
        .priority = may_be_absent ? priority.number<std::int32_t>()
                                  : priority.required_number<std::int32_t>(),
    };
}

ExecCpuAffinity read_exec_cpu_affinity(const Reader& r) {
    return {
        .initial = read_ranges(r["initial"]),
        .final = read_ranges(r["final"]),
    };
}

// Go programs always write both IDs, people may not; every runtime uses 0 then.
std::uint32_t read_id(const Reader& r) {
    if (!r.present()) r.warn_quietly("is required, 0 is used");
    return r.number<std::uint32_t>();
}

User read_user(const Reader& r) {
    if (const Reader username = r["username"]; username.present()) {
        username.ignore();
        username.warn_quietly("is for Windows, ignored");
    }
    return {
        .uid = read_id(r["uid"]),
        .gid = read_id(r["gid"]),
        .umask = r["umask"].optional_number<std::uint32_t>(),
        .additional_gids = r["additionalGids"].list(
            [](const Reader& item) { return item.required_number<std::uint32_t>(); }),
    };
}

}  // namespace

Process read_process(const Reader& r) {
    if (const Reader command_line = r["commandLine"]; command_line.present()) {
        command_line.ignore();
        command_line.warn_quietly("is for Windows, ignored");
    }
    return {
        .terminal = r["terminal"].boolean(),
        .console_size = r["consoleSize"].optional(read_console_size),
        .cwd = r["cwd"].string(),
        .env = r["env"].strings(),
        .args = r["args"].strings(),
        .rlimits = r["rlimits"].objects(read_rlimit),
        .apparmor_profile = r["apparmorProfile"].string(),
        .capabilities = r["capabilities"].optional(read_capabilities),
        .no_new_privileges = r["noNewPrivileges"].boolean(),
        .oom_score_adj = r["oomScoreAdj"].optional_number<std::int32_t>(),
        .scheduler = r["scheduler"].optional(read_scheduler),
        .selinux_label = r["selinuxLabel"].string(),
        .io_priority = r["ioPriority"].optional(read_io_priority),
        .exec_cpu_affinity = r["execCPUAffinity"].optional(read_exec_cpu_affinity),
        .user = r["user"].object(read_user),
    };
}

}  // namespace crux::oci
