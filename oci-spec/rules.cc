#include "oci-spec/rules.h"

#include <algorithm>
#include <array>

#include "oci-spec/rule_list.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

constexpr auto kConfigRules = std::array{
    Rule<Config>{"mount destinations", check_destinations},
    Rule<Config>{"mount types and sources", check_mount_types},
    Rule<Config>{"lengths of mount sources", check_source_lengths},
    Rule<Config>{"options of bind mounts", check_bind_options},
    Rule<Config>{"mounts over /proc", check_proc_mounts},
    Rule<Config>{"id-mapped mounts", check_mount_mappings, {"/linux/namespaces"}},
    Rule<Config>{"tmpcopyup", check_tmpcopyup},
    Rule<Config>{"host and domain name", check_host_names, {"/linux/namespaces"}},
    Rule<Config>{"namespaces once each", check_namespaces, {"/linux/namespaces"}},
    Rule<Config>{"paths of namespaces", check_namespace_paths},
    Rule<Config>{"user namespace",
                 check_user_namespace,
                 {"/linux/namespaces", "/linux/uidMappings", "/linux/gidMappings"}},
    Rule<Config>{"id mappings", check_id_mappings},
    Rule<Config>{"ids in the mappings",
                 check_mapped_ids,
                 {"/linux/namespaces", "/linux/uidMappings", "/linux/gidMappings"}},
    Rule<Config>{"time offsets", check_time_offsets, {"/linux/namespaces"}},
    Rule<Config>{"devices", check_devices, {"/linux/devices"}},
    Rule<Config>{"network devices", check_net_devices, {"/linux/namespaces"}},
    Rule<Config>{"path of the cgroup", check_cgroups_path},
    Rule<Config>{"Intel RDT", check_intel_rdt},
    Rule<Config>{"memory policy", check_memory_policy, {"/linux/memoryPolicy"}},
    Rule<Config>{"sysctls in a namespace", check_sysctl, {"/linux/namespaces"}},
    Rule<Config>{"errno of seccomp actions", check_seccomp_errno, {"/linux/seccomp"}},
    Rule<Config>{"seccomp rules", check_seccomp_rules},
    Rule<Config>{"seccomp listener", check_seccomp_notify, {"/linux/seccomp"}},
    Rule<Config>{"masked and read-only paths", check_restricted_paths, {"/linux/namespaces"}},
    Rule<Config>{"propagation of the root", check_root_propagation, {"/linux/namespaces"}},
    Rule<Config>{"personality", check_personality},
    Rule<Config>{"hook paths", check_hook_paths},
    Rule<Config>{"hook timeouts", check_hook_timeouts},
    Rule<Config>{"hook environments", check_hook_environments},
    Rule<Config>{"annotations", check_annotations, {"/linux/namespaces"}},
};

constexpr auto kProcessRules = std::array{
    Rule<Process>{"console size", check_console_size},
    Rule<Process>{"working directory", check_cwd},
    Rule<Process>{"program", check_args},
    Rule<Process>{"environment", check_environment},
    Rule<Process>{"resource limits", check_rlimits, {"/rlimits"}},
    Rule<Process>{"capabilities", check_capabilities, {"/capabilities"}},
    Rule<Process>{"oom score", check_oom_score},
    Rule<Process>{"scheduler", check_scheduler, {"/scheduler"}},
    Rule<Process>{"I/O priority", check_io_priority, {"/ioPriority"}},
    Rule<Process>{"user", check_user},
};

constexpr auto kResourcesRules = std::array{
    Rule<Resources>{"device rules", check_device_rules},
    Rule<Resources>{"memory", check_memory},
    Rule<Resources>{"cpu", check_cpu},
    Rule<Resources>{"block I/O", check_block_io, {"/blockIO"}},
    Rule<Resources>{"huge pages", check_hugepages},
    Rule<Resources>{"network priorities", check_network_priorities},
    Rule<Resources>{"rdma", check_rdma, {"/rdma"}},
    Rule<Resources>{"unified", check_unified},
};

template <class Subject>
Diagnostics run(std::span<const Rule<Subject>> rules, const Subject& subject, const std::string& at,
                const Diagnostics& parsed) {
    Diagnostics found;
    for (const Rule<Subject>& rule : rules) {
        const bool is_skipped = std::ranges::any_of(rule.needs, [&](std::string_view place) {
            const std::string whole = cat(at, place);
            return !place.empty() &&
                   (parsed.has_error_above(whole) || parsed.has_error_below(whole));
        });
        if (is_skipped) continue;
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
