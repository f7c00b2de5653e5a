#pragma once

#include <string>
#include <string_view>

#include "runtime/checkpoint/rpc.h"
#include "runtime/container/operations.h"

namespace crux::container {

/// What checkpoint and restore take for CRIU.
struct CriuOptions {
    std::string image_path;   ///< absolute
    std::string work_path;    ///< absolute; empty: as the images
    std::string parent_path;  ///< relative to the images; of an earlier pre-dump
    bool leave_running = false;
    bool tcp_established = false;
    bool tcp_skip_in_flight = false;
    bool tcp_close = false;
    bool link_remap = false;
    bool ext_unix_sk = false;
    bool shell_job = false;
    bool lazy_pages = false;
    bool file_locks = false;
    bool pre_dump = false;
    bool auto_dedup = false;
    int status_fd = -1;  ///< of the caller; gets a zero byte when lazy pages are served
    std::string page_server_address;
    int page_server_port = 0;
    checkpoint::ManageCgroups cgroup_mode = checkpoint::ManageCgroups::standard;
    std::string lsm_profile;
    std::string lsm_mount_context;
};

struct RestoreOptions : RunOptions {
    CriuOptions criu;
};

/// The mode of --manage-cgroups-mode: soft, full, strict, ignore, or "" for CRIU's own choice.
Result<checkpoint::ManageCgroups> cgroup_mode_of(std::string_view word);

/// Saves a running or paused container to images. Unless it is left running (or this is only a
/// pre-dump) the container is then removed.
Status checkpoint(const StateRoot& place, std::string_view id, const CriuOptions& options,
                  Warnings& warnings);

/// Makes a container of the images, running as it was when they were saved. With `detach` it
/// returns then; else it stays as run does.
Result<int> restore(const StateRoot& place, std::string_view id, const RestoreOptions& options,
                    Warnings& warnings);

}  // namespace crux::container
