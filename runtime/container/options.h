#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/checkpoint/rpc.h"

/// What the operations on containers are asked to do, as the command line or a caller says it.
namespace crux::container {

/// The maximum number of descriptors of the caller that a program can inherit for each reason
/// (--preserve-fds, LISTEN_FDS). The kernel's limit of open files is as high by default.
inline constexpr unsigned kMostPreserved = 1U << 20U;

struct CreateOptions {
    std::string bundle;          ///< absolute
    std::string config_file;     ///< path, relative to the bundle; empty: config.json
    std::string console_socket;  ///< path; empty: none
    std::string pid_file;        ///< path; empty: none
    std::string pidfd_socket;    ///< path; empty: none
    bool no_pivot = false;
    bool no_new_keyring = false;
    unsigned preserve_fds = 0;
    bool systemd_cgroup = false;
    bool no_cgroup = false;  ///< stays in the caller's cgroup (check_without_cgroup)
};

struct RunOptions : CreateOptions {
    bool detach = false;
    bool keep = false;
    bool no_subreaper = false;
};

struct ExecOptions {
    /// A process document (runc's --process). It describes the whole process: the members below, up
    /// to `capabilities`, are then not used.
    std::string process_file;
    std::vector<std::string> args;
    bool tty = false;
    std::string cwd;
    std::vector<std::string> env;  ///< added to the container's
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> gid;
    std::vector<std::uint32_t> additional_gids;
    std::string apparmor_profile;
    std::string selinux_label;
    std::optional<bool> no_new_privileges;  ///< absent: as the container's process
    std::vector<std::string> capabilities;  ///< added: names
    bool detach = false;
    bool ignore_paused = false;
    unsigned preserve_fds = 0;
    std::string console_socket;
    std::string pid_file;
    std::string pidfd_socket;
    /// Cgroups below the container's: a path (v2), or CONTROLLER[,CONTROLLER…]:PATH (v1).
    std::vector<std::string> cgroups;
};

struct UpdateOptions {
    oci::Resources changes;       ///< what is absent stays unchanged
    std::string l3_cache_schema;  ///< of the container's class of service; empty: unchanged
    std::string mem_bw_schema;    ///< the same
};

/// What checkpoint and restore pass to CRIU.
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
    int status_fd = -1;  ///< of the caller; receives a zero byte when lazy pages are served
    std::string page_server_address;
    int page_server_port = 0;
    checkpoint::ManageCgroups cgroup_mode = checkpoint::ManageCgroups::standard;
    std::string lsm_profile;
    std::string lsm_mount_context;
};

struct RestoreOptions : RunOptions {
    CriuOptions criu;
};

struct ExplainOptions {
    std::string bundle;  ///< absolute
    bool json = false;
    bool systemd_cgroup = false;
    bool no_cgroup = false;
};

struct CheckupOptions {
    std::string bundle;  ///< absolute; empty: the host, for an ordinary container
    bool json = false;
};

enum class All { no, yes };
enum class Force { no, yes };

}  // namespace crux::container
