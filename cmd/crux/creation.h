#pragma once

#include "cmd/crux/command.h"
#include "runtime/container/operations.h"

namespace crux::cmd {

// The flags that create and run share.

inline constexpr Flag kBundleFlag = {
    .name = "bundle",
    .letters = "b",
    .takes = Takes::text,
    .help = "use this bundle, a directory with config.json (default: the current directory)",
    .value_name = "dir",
};
inline constexpr Flag kConfigFlag = {
    .name = "config",
    .takes = Takes::text,
    .help = "use this file, relative to the bundle, instead of its config.json",
    .value_name = "file",
};
inline constexpr Flag kConsoleSocketFlag = {
    .name = "console-socket",
    .takes = Takes::text,
    .help = "send the master of the container's pseudoterminal to this unix socket",
    .value_name = "path",
};
inline constexpr Flag kPidfdSocketFlag = {
    .name = "pidfd-socket",
    .takes = Takes::text,
    .help = "send a pidfd of the new process to this unix socket",
    .value_name = "path",
};
inline constexpr Flag kPidFileFlag = {
    .name = "pid-file",
    .takes = Takes::text,
    .help = "write the process ID to this file",
    .value_name = "file",
};
inline constexpr Flag kNoPivotFlag = {
    .name = "no-pivot",
    .help =
        "change the root with chroot instead of pivot_root: less secure, but required if / is the "
        "initramfs",
};
inline constexpr Flag kNoNewKeyringFlag = {
    .name = "no-new-keyring",
    .help = "keep the caller's session keyring instead of creating a new one",
};
inline constexpr Flag kPreserveFdsFlag = {
    .name = "preserve-fds",
    .takes = Takes::number,
    .initial = "0",
    .help =
        "pass this number of file descriptors in addition to the standard streams and $LISTEN_FDS",
    .value_name = "n",
};
inline constexpr Flag kNoSubreaperFlag = {
    .name = "no-subreaper",
    .help = "do not adopt the orphaned processes of the container",
};

/// Which program creates the container's cgroup: systemd, none, or otherwise crux.
struct CgroupManager {
    bool systemd = false;
    bool none = false;
};

/// The manager that --systemd-cgroup and crun's --cgroup-manager select.
Result<CgroupManager> cgroup_manager(const Options& global);

/// Fills in the options of the shared flags and changes the working directory to the bundle. After
/// that, relative paths (also those of the sockets) are relative to the bundle; only the path of
/// the pid file is made absolute before.
Status take_creation_options(Call& call, container::CreateOptions& options);

/// Returns the error; if permission was denied, logs a warning about the probable cause first.
std::unexpected<Error> with_permission_hint(Call& call, std::string_view verb, Error error);

/// The value of --preserve-fds.
Result<unsigned> preserved_descriptors(const Options& options);

/// The state root that the operations use.
container::StateRoot state_root_of(const Call& call);

/// What an operation on the container of this id is given.
container::Context context_of(Call& call, std::string_view id);
/// The same for the container that the first argument names.
container::Context context_of(Call& call);

}  // namespace crux::cmd
