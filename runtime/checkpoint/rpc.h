#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/error.h"

/// CRIU's protocol (criu.org/RPC): requests and responses as Protocol Buffers, one in each packet.
namespace crux::checkpoint {

/// The type of a request or response, with CRIU's numbers.
enum class Type : std::uint32_t {
    dump = 1,
    restore = 2,
    pre_dump = 4,
    notify = 6,
    feature_check = 9,
    version = 10,
};

/// CRIU's name of a type ("DUMP"), as runc's messages contain it.
std::string_view type_word(Type type);

/// How CRIU treats cgroups, with its numbers.
enum class ManageCgroups : std::uint32_t {
    ignore = 0,
    soft = 3,
    full = 4,
    strict = 5,
    standard = 6
};

/// A mount from outside the container. For the dump: the mount point and its key in the images; for
/// the restore: the key and the source on the host.
struct ExternalMount {
    std::string key;
    std::string value;
};

/// A descriptor that CRIU inherits and gives to the process that had the one with this key.
struct InheritedFd {
    std::string key;
    int number = -1;  ///< in CRIU
};

struct JoinedNamespace {
    std::string type;  ///< "ipc"
    std::string path;
};

struct CgroupRoot {
    std::string controller;
    std::string path;
};

/// CRIU's options, with their names there. Descriptors are our own numbers: CRIU opens them through
/// our /proc/PID/fd.
struct RpcOptions {
    int images_dir_fd = -1;
    int work_dir_fd = -1;  ///< -1: the image directory
    int pid = 0;           ///< for a dump
    bool leave_running = false;
    bool ext_unix_sk = false;
    bool tcp_established = false;
    bool tcp_skip_in_flight = false;
    bool tcp_close = false;
    bool evasive_devices = false;
    bool shell_job = false;
    bool file_locks = false;
    bool link_remap = false;
    bool auto_dedup = false;
    bool lazy_pages = false;
    bool track_mem = false;
    bool rst_sibling = false;
    std::string log_file;
    std::string root;
    std::string parent_img;
    std::string freeze_cgroup;
    std::string config_file;
    std::string lsm_profile;
    std::string lsm_mount_context;
    std::string page_server_address;
    int page_server_port = 0;
    ManageCgroups cgroup_mode = ManageCgroups::standard;
    std::uint32_t empty_namespaces = 0;  ///< CLONE_NEW* bits
    std::vector<ExternalMount> mounts;
    std::vector<std::string> external;  ///< "net[INODE]:KEY"
    std::vector<CgroupRoot> cgroup_roots;
    std::vector<InheritedFd> inherited;
    std::vector<JoinedNamespace> joined;
};

/// Features of CRIU and the kernel.
struct Features {
    bool mem_track = false;
    bool lazy_pages = false;
};

/// A dump, pre-dump or restore. Notifications of scripts are always on, and terminals with an
/// external master are passed to crux.
std::string request(Type type, const RpcOptions& options);
/// The reply to a notification; after a failure CRIU stops.
std::string notify_answer(bool success);
std::string version_request();
std::string feature_request(const Features& wanted);

struct Response {
    Type type = Type::version;
    bool success = false;
    int pid = 0;         ///< of a restored container's init, or in a notification
    std::string script;  ///< the name in a notification: "post-restore"
    int error = 0;       ///< errno; 0 if CRIU reports none
    std::string message;
    Features features;
    int version = 0;  ///< 31701 for 3.17.1
};

/// Parses a response; an error of kind protocol if the bytes are invalid.
Result<Response> parse_response(std::string_view bytes);

}  // namespace crux::checkpoint
