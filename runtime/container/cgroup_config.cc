#include "runtime/container/cgroup_config.h"

#include <sys/mount.h>

#include <algorithm>

#include "oci-spec/runc/update.h"
#include "runtime/base/text.h"
#include "runtime/cgroup/permission.h"
#include "runtime/container/capabilities.h"

namespace crux::container {

namespace {

Error forbidden(const cgroup::Forbidden& dir) {
    return Error(dir.error).during(
        cat("rootless needs no limits + no cgrouppath when no permission is granted for "
            "cgroups: ",
            dir.path));
}

/// The first limit that would be written where this process may make no cgroup.
Status check_limits(const cgroup::Limits& limits, const std::vector<cgroup::CgroupDir>& wanted,
                    const std::vector<cgroup::Forbidden>& all) {
    for (const cgroup::Setting& setting : limits.settings) {
        const auto refused = std::ranges::find(all, wanted[setting.dir], &cgroup::Forbidden::dir);
        if (refused != all.end()) return std::unexpected(forbidden(*refused).at(setting.origin));
    }
    return {};
}

void warn_if_loose(const Context& context, const oci::Config& config,
                   const std::vector<cgroup::CgroupDir>& dirs) {
    const oci::Namespace* own = oci::find_namespace(config.linux, oci::NamespaceType::pid);
    if (!dirs.empty() || (own != nullptr && own->path.empty())) return;
    context.warn(
        "the container has neither a cgroup nor a pid namespace of its own: crux cannot find "
        "processes that outlive its first one");
}

Result<CgroupConfig> place_cgroup(const Context& context, const oci::Config& config,
                                  const host::Facts& facts, std::string_view path) {
    CgroupConfig cgroup_config;
    const cgroup::LimitsOptions options{.unprivileged = is_unprivileged(facts),
                                        .strict = context.strict_resources};
    std::vector<cgroup::CgroupDir> wanted = TRY(cgroup::dirs_for(facts.cgroup, path, context.id));
    cgroup_config.limits = TRY(cgroup::limits_for(config.linux.resources, wanted, options));
    if (!is_rootless(context, facts) || !path.empty()) {
        cgroup_config.dirs = std::move(wanted);
        return cgroup_config;
    }
    cgroup::Permission permission = cgroup::permission_for(facts.cgroup, wanted);
    cgroup_config.dirs = std::move(permission.granted);
    if (!permission.forbidden.empty()) {
        TRY(check_limits(cgroup_config.limits, wanted, permission.forbidden));
        cgroup_config.limits =
            TRY(cgroup::limits_for(config.linux.resources, cgroup_config.dirs, options));
    }
    warn_if_loose(context, config, cgroup_config.dirs);
    return cgroup_config;
}

/// Whether the rules, before which everything is denied, leave a device denied.
bool deny_any(const std::vector<oci::DeviceRule>& rules) {
    bool denied = true;
    for (const oci::DeviceRule& rule : rules) {
        const bool total =
            rule.type == oci::DeviceType::all && rule.access == oci::kDeviceAllAccess;
        if (!rule.allow)
            denied = true;
        else if (total)
            denied = false;
    }
    return denied;
}

Status check_devices_without_cgroup(const Context& context, const oci::Config& config,
                                    const host::Facts& facts) {
    constexpr std::string_view kOrigin = "/linux/resources/devices";
    const std::vector<oci::DeviceRule>& rules = config.linux.resources.devices;
    const bool in_user_namespace = has_user_namespace(config) || facts.in_user_namespace;
    if (!deny_any(rules) || (rules.empty() && in_user_namespace)) return {};
    if (in_user_namespace || rules.empty()) {
        context.warn(cat(kOrigin, rules.empty() ? ": without a cgroup no device is denied"
                                                : ": is ignored: the container has no cgroup"));
        return {};
    }
    return std::unexpected(Error(Error::Kind::spec,
                                 "device rules require a cgroup or a user namespace; "
                                 "--cgroup-manager is disabled")
                               .at(kOrigin));
}

}  // namespace

Status check_without_cgroup(const Context& context, const oci::Config& config,
                            const host::Facts& facts) {
    constexpr std::string_view kIgnored = ": is ignored: the container has no cgroup";
    TRY(check_devices_without_cgroup(context, config, facts));
    if (!config.linux.cgroups_path.empty()) context.warn(cat("/linux/cgroupsPath", kIgnored));
    for (const std::string& pointer : oci::named_by(config.linux.resources))
        if (pointer != "/devices") context.warn(cat("/linux/resources", pointer, kIgnored));
    return {};
}

std::optional<uid_t> cgroup_owner(const oci::Config& config) {
    const oci::Namespace* own = oci::find_namespace(config.linux, oci::NamespaceType::cgroup);
    const bool is_writable = std::ranges::any_of(config.mounts, [](const oci::Mount& mount) {
        const bool is_cgroup = mount.type == "cgroup" || mount.type == "cgroup2";
        return is_cgroup && !mount.is_bind() && (mount.parsed.superblock_set & MS_RDONLY) == 0;
    });
    if (own == nullptr || !own->path.empty() || !is_writable) return std::nullopt;
    const uid_t user = config.process ? config.process->user.uid : 0;
    if (oci::find_namespace(config.linux, oci::NamespaceType::user) == nullptr) return user;
    for (const oci::IdMapping& map : config.linux.uid_mappings)
        if (user >= map.container_id && user - map.container_id < map.size)
            return map.host_id + (user - map.container_id);
    return std::nullopt;
}

bool is_unprivileged(const host::Facts& facts) {
    return facts.uid != 0 || facts.in_user_namespace;
}

bool is_rootless(const Context& context, const host::Facts& facts) {
    return context.state_root.path.empty() ? is_unprivileged(facts) : context.state_root.rootless;
}

Result<CgroupConfig> cgroup_config_for(const Context& context, const oci::Config& config,
                                       const host::Facts& facts, std::string_view path) {
    CgroupConfig cgroup_config = TRY(place_cgroup(context, config, facts, path));
    for (const cgroup::Warning& warning : cgroup_config.limits.warnings)
        context.warn(cat(warning.origin, ": ", warning.text));
    return cgroup_config;
}

}  // namespace crux::container
