#pragma once

#include "cmd/crux/command.h"
#include "runtime/container/checkpoint.h"

namespace crux::cmd {

// The flags that checkpoint and restore share.

inline constexpr Flag kImagePathFlag = {
    .name = "image-path",
    .takes = Takes::text,
    .help = "folder of the images (default: checkpoint in the current folder)",
    .value_name = "dir",
};
inline constexpr Flag kWorkPathFlag = {
    .name = "work-path",
    .takes = Takes::text,
    .help = "folder of criu's log and other work files (default: that of the images)",
    .value_name = "dir",
};
inline constexpr Flag kTcpEstablishedFlag = {
    .name = "tcp-established",
    .help = "allow established TCP connections",
};
inline constexpr Flag kExtUnixSkFlag = {
    .name = "ext-unix-sk",
    .help = "allow unix sockets whose other end is outside",
};
inline constexpr Flag kShellJobFlag = {
    .name = "shell-job",
    .help = "allow a session and a terminal from outside",
};
inline constexpr Flag kFileLocksFlag = {
    .name = "file-locks",
    .help = "keep file locks, which must not be held from outside",
};
inline constexpr Flag kManageCgroupsModeFlag = {
    .name = "manage-cgroups-mode",
    .takes = Takes::text,
    .help = "soft, full, strict or ignore (default: criu's, soft)",
    .value_name = "mode",
};
inline constexpr Flag kEmptyNsFlag = {
    .name = "empty-ns",
    .takes = Takes::texts,
    .help = "make this namespace empty; network, which is always so",
    .value_name = "namespace",
};
inline constexpr Flag kAutoDedupFlag = {
    .name = "auto-dedup",
    .help = "drop from the parent images what newer ones have",
};
inline constexpr Flag kLazyPagesFlag = {
    .name = "lazy-pages",
    .help = "fetch memory when it is used (userfaultfd)",
};

/// Fills in what the shared flags say; paths become absolute, as seen from the present folder.
Status take_criu_options(const Options& given, container::CriuOptions& options);

/// The two parts of ADDRESS:PORT (or [ADDRESS]:PORT).
Status take_page_server(std::string_view text, container::CriuOptions& options);

/// Warns where criu may lack the rights it needs.
void warn_of_rootless(Call& call);

}  // namespace crux::cmd
