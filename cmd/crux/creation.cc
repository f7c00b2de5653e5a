#include "cmd/crux/creation.h"

#include <cerrno>

#include "cmd/crux/place.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

/// --systemd-cgroup, or crun's spelling of it.
Status take_manager(const Options& global, container::CreateOptions& options) {
    const std::string& manager = global.text("cgroup-manager");
    options.systemd_cgroup = manager == "systemd" || global.on("systemd-cgroup");
    options.no_cgroup = manager == "disabled";
    if (manager.empty() || manager == "cgroupfs" || manager == "systemd" || options.no_cgroup)
        return {};
    return fail(Error::Kind::usage,
                cat("invalid value ", quoted(manager),
                    " for --cgroup-manager: not systemd, cgroupfs or disabled"));
}

}  // namespace

Result<unsigned> preserved_descriptors(const Options& options) {
    const std::int64_t count = options.number("preserve-fds");
    if (count >= 0 && count <= 1 << 20) return static_cast<unsigned>(count);
    return fail(Error::Kind::usage,
                cat("invalid value ", count, " for --preserve-fds: not a number of descriptors"));
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
    TRY(take_manager(call.global, options));
    return {};
}

std::unexpected<Error> lacking_rights(Call& call, std::string_view verb, Error error) {
    if (error.code() == EPERM || error.code() == EACCES)
        call.report.warning(
            cat("runc ", verb, " failure might be caused by lack of full access to cgroups"));
    return std::unexpected(std::move(error));
}

container::Place place_of(const Call& call) {
    return {call.root.path, call.root.rootless};
}

}  // namespace crux::cmd
