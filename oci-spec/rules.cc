#include "oci-spec/rules.h"

#include <array>

#include "oci-spec/rule_list.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

constexpr std::array kConfigRules = {
    Rule<Config>{"mount destinations", "", check_destinations},
    Rule<Config>{"mount types and sources", "", check_mount_types},
    Rule<Config>{"options of bind mounts", "", check_bind_options},
    Rule<Config>{"mounts over /proc", "", check_proc_mounts},
    Rule<Config>{"id-mapped mounts", "/linux/namespaces", check_mount_mappings},
    Rule<Config>{"tmpcopyup", "", check_tmpcopyup},
    Rule<Config>{"host and domain name", "/linux/namespaces", check_host_names},
    Rule<Config>{"namespaces once each", "/linux/namespaces", check_namespaces},
    Rule<Config>{"paths of namespaces", "", check_namespace_paths},
    Rule<Config>{"user namespace", "/linux/namespaces", check_user_namespace},
    Rule<Config>{"id mappings", "", check_id_mappings},
    Rule<Config>{"time offsets", "/linux/namespaces", check_time_offsets},
    Rule<Config>{"devices", "/linux/devices", check_devices},
    Rule<Config>{"network devices", "/linux/namespaces", check_net_devices},
    Rule<Config>{"path of the cgroup", "", check_cgroups_path},
    Rule<Config>{"Intel RDT", "", check_intel_rdt},
    Rule<Config>{"memory policy", "/linux/memoryPolicy", check_memory_policy},
    Rule<Config>{"sysctls in a namespace", "/linux/namespaces", check_sysctl},
    Rule<Config>{"errno of seccomp actions", "/linux/seccomp", check_seccomp_errno},
    Rule<Config>{"seccomp rules", "", check_seccomp_rules},
    Rule<Config>{"seccomp listener", "/linux/seccomp", check_seccomp_notify},
    Rule<Config>{"masked and read-only paths", "/linux/namespaces", check_restricted_paths},
    Rule<Config>{"personality", "", check_personality},
    Rule<Config>{"hook paths", "", check_hook_paths},
    Rule<Config>{"hook timeouts", "", check_hook_timeouts},
    Rule<Config>{"hook environments", "", check_hook_environments},
    Rule<Config>{"annotations", "", check_annotations},
};

constexpr std::array kProcessRules = {
    Rule<Process>{"console size", "", check_console_size},
    Rule<Process>{"working directory", "", check_cwd},
    Rule<Process>{"program", "", check_args},
    Rule<Process>{"environment", "", check_environment},
    Rule<Process>{"resource limits", "/rlimits", check_rlimits},
    Rule<Process>{"capabilities", "/capabilities", check_capabilities},
    Rule<Process>{"oom score", "", check_oom_score},
    Rule<Process>{"scheduler", "/scheduler", check_scheduler},
    Rule<Process>{"I/O priority", "/ioPriority", check_io_priority},
    Rule<Process>{"user", "", check_user},
};

constexpr std::array kResourcesRules = {
    Rule<Resources>{"device rules", "", check_device_rules},
    Rule<Resources>{"memory", "", check_memory},
    Rule<Resources>{"cpu", "", check_cpu},
    Rule<Resources>{"block I/O", "/blockIO", check_block_io},
    Rule<Resources>{"huge pages", "", check_hugepages},
    Rule<Resources>{"network priorities", "", check_network_priorities},
    Rule<Resources>{"rdma", "/rdma", check_rdma},
    Rule<Resources>{"unified", "", check_unified},
};

// Whether parsing has found an error at the place or below it.
bool has_fault_in(const Diagnostics& parsed, std::string_view place) {
    for (const Diagnostic& one : parsed.all()) {
        if (one.severity != Severity::error || !one.pointer.starts_with(place)) continue;
        const std::string_view rest = std::string_view(one.pointer).substr(place.size());
        if (rest.empty() || rest[0] == '/') return true;
    }
    return false;
}

template <class Subject>
Diagnostics run(std::span<const Rule<Subject>> rules, const Subject& subject, const std::string& at,
                const Diagnostics& parsed) {
    Diagnostics found;
    for (const Rule<Subject>& rule : rules) {
        if (!rule.needs.empty() && has_fault_in(parsed, cat(at, rule.needs))) continue;
        rule.check(subject, found);
    }
    return at.empty() ? found : std::move(found).below(at);
}

}  // namespace

std::span<const Rule<Config>> config_rules() {
    return kConfigRules;
}
std::span<const Rule<Process>> process_rules() {
    return kProcessRules;
}
std::span<const Rule<Resources>> resources_rules() {
    return kResourcesRules;
}

Diagnostics check_config(const Config& config, const Diagnostics& parsed) {
    Diagnostics out = run(config_rules(), config, "", parsed);
    if (config.process) out.append(run(process_rules(), *config.process, "/process", parsed));
    out.append(run(resources_rules(), config.linux.resources, "/linux/resources", parsed));
    return out;
}

Diagnostics check_process(const Process& process, const Diagnostics& parsed) {
    return run(process_rules(), process, "", parsed);
}

Diagnostics check_resources(const Resources& resources, const Diagnostics& parsed) {
    return run(resources_rules(), resources, "", parsed);
}

Parsed checked_config(std::string_view json) {
    Parsed out = parse_config(json);
    out.diagnostics.append_independent(check_config(out.config, out.diagnostics));
    return out;
}

}  // namespace crux::oci
