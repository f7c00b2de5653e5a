#pragma once

#include "cmd/crux/command.h"
#include "runtime/container/checkpoint.h"

namespace crux::cmd {

// The flags that checkpoint and restore share.

inline constexpr Flag kImagePathFlag = {
    .name = "image-path",
    .takes = Takes::text,
    .help = "set the directory of the image files (default: checkpoint in the current directory)",
    .value_name = "dir",
};
inline constexpr Flag kWorkPathFlag = {
    .name = "work-path",
    .takes = Takes::text,
    .help = "set the directory of criu's log and work files (default: the image directory)",
    .value_name = "dir",
};
inline constexpr Flag kTcpEstablishedFlag = {
    .name = "tcp-established",
    .help = "allow established TCP connections",
};
inline constexpr Flag kExtUnixSkFlag = {
    .name = "ext-unix-sk",
    .help = "allow unix sockets whose peer is outside the container",
};
inline constexpr Flag kShellJobFlag = {
    .name = "shell-job",
    .help = "allow a session and a controlling terminal from outside the container",
};
inline constexpr Flag kFileLocksFlag = {
    .name = "file-locks",
    .help = "allow file locks, which must not be held by processes outside the container",
};
inline constexpr Flag kManageCgroupsModeFlag = {
    .name = "manage-cgroups-mode",
    .takes = Takes::text,
    .help = "set how criu handles cgroups: soft, full, strict or ignore (default: soft)",
    .value_name = "mode",
};
inline constexpr Flag kEmptyNsFlag = {
    .name = "empty-ns",
    .takes = Takes::texts,
    .help = "leave this namespace empty; only network is supported, and always left empty",
    .value_name = "namespace",
};
inline constexpr Flag kAutoDedupFlag = {
    .name = "auto-dedup",
    .help = "remove pages from the parent images that newer images contain",
};
inline constexpr Flag kLazyPagesFlag = {
    .name = "lazy-pages",
    .help = "load memory pages when they are used (userfaultfd)",
};

/// Fills in the options of the shared flags. Paths are made absolute from the current directory.
Status take_criu_options(const Options& given, container::CriuOptions& options);

/// Splits ADDRESS:PORT (or [ADDRESS]:PORT) into its two parts.
Status take_page_server(std::string_view text, container::CriuOptions& options);

/// Adds a warning if criu may not have the privileges that it needs.
void warn_of_rootless(Call& call);

}  // namespace crux::cmd
