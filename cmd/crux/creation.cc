#include "cmd/crux/creation.h"

#include <cerrno>

#include "cmd/crux/place.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

/// --systemd-cgroup, or crun's spelling of it.
Result<bool> wants_systemd(const Options& global) {
    const std::string& manager = global.text("cgroup-manager");
    if (manager.empty() || manager == "cgroupfs") return global.on("systemd-cgroup");
    if (manager == "systemd") return true;
    if (manager == "disabled")
        return fail(Error::Kind::unsupported, "--cgroup-manager disabled is not supported");
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
    options.systemd_cgroup = TRY(wants_systemd(call.global));
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
