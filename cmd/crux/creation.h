#pragma once

#include "cmd/crux/command.h"
#include "runtime/container/operations.h"

namespace crux::cmd {

// The flags that create and run share.

inline constexpr Flag kBundleFlag = {
    .name = "bundle",
    .letters = "b",
    .takes = Takes::text,
    .help = "folder with config.json (default: the current one)",
    .value_name = "dir",
};
inline constexpr Flag kConsoleSocketFlag = {
    .name = "console-socket",
    .takes = Takes::text,
    .help = "unix socket that gets the master of the container's terminal",
    .value_name = "path",
};
inline constexpr Flag kPidfdSocketFlag = {
    .name = "pidfd-socket",
    .takes = Takes::text,
    .help = "unix socket that gets a pidfd of the container's first process",
    .value_name = "path",
};
inline constexpr Flag kPidFileFlag = {
    .name = "pid-file",
    .takes = Takes::text,
    .help = "file to write the process id to",
    .value_name = "file",
};
inline constexpr Flag kNoPivotFlag = {
    .name = "no-pivot",
    .help =
        "enter the root by chroot and not by pivot_root; needed where / is the initramfs, and "
        "weaker",
};
inline constexpr Flag kNoNewKeyringFlag = {
    .name = "no-new-keyring",
    .help = "keep the caller's session keyring",
};
inline constexpr Flag kPreserveFdsFlag = {
    .name = "preserve-fds",
    .takes = Takes::number,
    .initial = "0",
    .help = "pass on this many descriptors after 0 to 2 and those of $LISTEN_FDS",
    .value_name = "n",
};
inline constexpr Flag kNoSubreaperFlag = {
    .name = "no-subreaper",
    .help = "do not adopt the orphans of the container",
};

/// Who makes the container's cgroup: systemd, nobody, or else crux itself.
struct CgroupManager {
    bool systemd = false;
    bool none = false;
};

/// What --systemd-cgroup and crun's --cgroup-manager ask for.
Result<CgroupManager> cgroup_manager(const Options& global);

/// Fills in what the shared flags say, and enters the bundle: from here on, relative paths (also
/// those of the sockets) are relative to it. The pid file's path is settled before.
Status take_creation_options(Call& call, container::CreateOptions& options);

/// Passes a failure on; where rights were missing, warns first of what may be behind it.
std::unexpected<Error> lacking_rights(Call& call, std::string_view verb, Error error);

/// What --preserve-fds says.
Result<unsigned> preserved_descriptors(const Options& options);

/// The state root that the operations use.
container::StateRoot state_root_of(const Call& call);

/// What an operation on the container of this id is given.
container::Context context_of(Call& call, std::string_view id);
/// The same for the container that the first argument names.
container::Context context_of(Call& call);

}  // namespace crux::cmd
