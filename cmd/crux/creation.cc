#include "cmd/crux/creation.h"

#include <cerrno>

#include "cmd/crux/state_root.h"
#include "runtime/base/text.h"

namespace crux::cmd {

Result<CgroupManager> cgroup_manager(const Options& global) {
    const std::string& name = global.text("cgroup-manager");
    const CgroupManager manager{.systemd = name == "systemd" || global.on("systemd-cgroup"),
                                .none = name == "disabled"};
    if (name.empty() || name == "cgroupfs" || name == "systemd" || manager.none) return manager;
    return fail(Error::Kind::usage,
                cat("invalid value ", quoted(name),
                    " for --cgroup-manager: must be systemd, cgroupfs or disabled"));
}

Result<unsigned> preserved_descriptors(const Options& options) {
    const std::int64_t count = options.number("preserve-fds");
    constexpr std::int64_t kMost = container::kMostPreserved;
    if (count >= 0 && count <= kMost) return static_cast<unsigned>(count);
    return fail(Error::Kind::usage,
                cat("invalid value ", count, " for --preserve-fds: must be from 0 to ", kMost));
}

Status take_creation_options(Call& call, container::CreateOptions& options) {
    const Options& given = call.options;
    const std::string& pid_file = given.text("pid-file");
    if (!pid_file.empty()) options.pid_file = TRY(absolute_path(pid_file));
    options.bundle = TRY(enter_bundle(given.text("bundle")));
    options.console_socket = given.text("console-socket");
    options.pidfd_socket = given.text("pidfd-socket");
    options.no_pivot = given.on("no-pivot");
    options.no_new_keyring = given.on("no-new-keyring");
    options.preserve_fds = TRY(preserved_descriptors(given));
    const CgroupManager manager = TRY(cgroup_manager(call.global));
    options.systemd_cgroup = manager.systemd;
    options.no_cgroup = manager.none;
    return {};
}

std::unexpected<Error> with_permission_hint(Call& call, std::string_view verb, Error error) {
    if (error.code() == EPERM || error.code() == EACCES)
        call.report.warning(
            cat("runc ", verb, " failure might be caused by lack of full access to cgroups"));
    return std::unexpected(std::move(error));
}

container::StateRoot state_root_of(const Call& call) {
    return {call.root.path, call.root.rootless};
}

container::Context context_of(Call& call, std::string_view id) {
    return {.state_root = state_root_of(call),
            .id = std::string(id),
            .warnings = call.warnings,
            .step_log = call.report.debugging() ? &call.report : nullptr,
            .notes = &call.notes,
            .strict_resources = call.global.on("strict-resources")};
}

container::Context context_of(Call& call) {
    return context_of(call, call.arguments[0]);
}

}  // namespace crux::cmd
