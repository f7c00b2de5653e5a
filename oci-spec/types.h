#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/capability/names.h"

// GNU modes define this word as 1; the spec has a property of that name.
#undef linux

/// The configuration of a container: the Linux part of runtime-spec 1.3 (config.md,
/// config-linux.md) as plain structs. Names are the spec's in snake_case, fields are in the spec's
/// order, defaults are filled in, and a field is optional if absence differs from every value.
/// Strings are interpreted while parsing: only paths, names and opaque texts remain strings.
namespace crux::oci {

/// An object with string values, in the order of the document; keys are unique.
using StringMap = std::vector<std::pair<std::string, std::string>>;

/// An inclusive range of CPUs or of NUMA nodes.
struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    bool operator==(const Range&) const = default;
};

/// A list of CPUs or nodes in the format of cpuset(7) ("0-3,7"), in the order of the text.
using Ranges = std::vector<Range>;

/// One line of the ID mapping of a user namespace or of an ID-mapped mount.
struct IdMapping {
    std::uint32_t container_id = 0;
    std::uint32_t host_id = 0;
    std::uint32_t size = 0;
    bool relative = false;  ///< host_id is an ID in the container (only while a file is read)
    bool operator==(const IdMapping&) const = default;
};

/// The root filesystem (config.md, Root).
struct Root {
    std::string path;  ///< absolute, or relative to the bundle
    bool readonly = false;
};

/// The propagation of mount events between a mount and its peers (mount_namespaces(7)); the r forms
/// are recursive.
enum class Propagation : std::uint8_t {
    none,  ///< not given
    shared,
    rshared,
    slave,
    rslave,
    private_,
    rprivate,
    unbindable,
    runbindable,
};

/// Bits to clear and then to set with mount_setattr(2): values are the kernel's MOUNT_ATTR_*
/// (kMountAttr… in vocabulary.h). An access time mode always clears the whole of MOUNT_ATTR__ATIME.
struct MountAttributes {
    std::uint64_t set = 0;
    std::uint64_t clear = 0;
    bool operator==(const MountAttributes&) const = default;
};

enum class IdMapOption : std::uint8_t { none, idmap, ridmap };
enum class BindOption : std::uint8_t { none, bind, rbind };

/// The parsed options of a mount; a later option overrides an earlier one.
struct MountOptions {
    /// Attributes of this mount only.
    MountAttributes attributes;
    /// Attributes of the mount and of every mount below it (the r… options, Linux 5.12).
    MountAttributes recursive_attributes;
    /// Flags of the filesystem instance: the kernel's MS_SYNCHRONOUS, MS_DIRSYNC, MS_MANDLOCK,
    /// MS_LAZYTIME, MS_I_VERSION, MS_SILENT and MS_RDONLY ("ro" sets both the attribute and the
    /// flag). Not used for bind mounts.
    std::uint32_t superblock_set = 0;
    std::uint32_t superblock_clear = 0;
    /// Changes of propagation, to be made in this order after the mount.
    std::vector<Propagation> propagation;
    BindOption bind = BindOption::none;
    bool remount = false;
    IdMapOption idmap = IdMapOption::none;
    bool tmpcopyup = false;
    /// Options for the filesystem ("mode=755", "size=64k"), in order.
    std::vector<std::string> data;
};

/// One entry of mounts (config.md, Mounts).
struct Mount {
    std::string destination;
    std::string source;
    std::vector<std::string> options;  ///< the strings as written
    MountOptions parsed;               ///< what they mean
    std::string type;
    std::vector<IdMapping> uid_mappings;
    std::vector<IdMapping> gid_mappings;

    /// A bind mount has the option "bind" or "rbind"; its type is not relevant.
    [[nodiscard]] bool is_bind() const { return parsed.bind != BindOption::none; }
};

/// The size of a terminal, in characters.
struct ConsoleSize {
    std::uint16_t height = 0;
    std::uint16_t width = 0;
};

/// The kernel's RLIMIT_* numbers (getrlimit(2)), equal on all supported architectures.
enum class RlimitType : std::uint8_t {
    cpu = 0,
    fsize = 1,
    data = 2,
    stack = 3,
    core = 4,
    rss = 5,
    nproc = 6,
    nofile = 7,
    memlock = 8,
    as = 9,
    locks = 10,
    sigpending = 11,
    msgqueue = 12,
    nice = 13,
    rtprio = 14,
    rttime = 15,
};

/// A resource limit of the process; 2^64-1 means unlimited.
struct Rlimit {
    RlimitType type = RlimitType::cpu;
    std::uint64_t soft = 0;
    std::uint64_t hard = 0;
};

using CapabilitySet = capability::Set;

/// The five sets of a process, and the unknown names, about which crux warns.
struct Capabilities {
    CapabilitySet effective = 0;
    CapabilitySet bounding = 0;
    CapabilitySet inheritable = 0;
    CapabilitySet permitted = 0;
    CapabilitySet ambient = 0;
    std::vector<std::string> unknown;
};

/// The kernel's SCHED_* numbers (sched(7)).
enum class SchedulerPolicy : std::uint8_t {
    other = 0,
    fifo = 1,
    rr = 2,
    batch = 3,
    iso = 4,
    idle = 5,
    deadline = 6,
};

/// The attributes for sched_setattr(2).
struct Scheduler {
    SchedulerPolicy policy = SchedulerPolicy::other;
    std::int32_t nice = 0;
    std::int32_t priority = 0;
    std::uint64_t flags = 0;     ///< the kernel's SCHED_FLAG_* bits
    std::uint64_t runtime = 0;   ///< nanoseconds
    std::uint64_t deadline = 0;  ///< nanoseconds
    std::uint64_t period = 0;    ///< nanoseconds
};

/// The kernel's IOPRIO_CLASS_* numbers (ioprio_set(2)).
enum class IoPriorityClass : std::uint8_t { rt = 1, be = 2, idle = 3 };

struct IoPriority {
    IoPriorityClass class_ = IoPriorityClass::be;
    std::int32_t priority = 0;  ///< 0 (highest) to 7
};

/// The CPU affinity of a process of exec; with an empty list the kernel selects the CPUs.
struct ExecCpuAffinity {
    Ranges initial;  ///< before the process enters the container's cgroup
    Ranges final;    ///< after it
};

/// IDs inside the container (config.md, POSIX-platform User).
struct User {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::optional<std::uint32_t> umask;  ///< absent: the caller's umask is kept
    std::vector<std::uint32_t> additional_gids;
};

/// The container's program (config.md, Process).
struct Process {
    bool terminal = false;
    std::optional<ConsoleSize> console_size;
    std::string cwd;
    std::vector<std::string> env;
    std::vector<std::string> args;
    std::vector<Rlimit> rlimits;
    std::string apparmor_profile;
    std::optional<Capabilities> capabilities;  ///< absent: no capabilities (exec: the container's)
    bool no_new_privileges = false;
    std::optional<std::int32_t> oom_score_adj;  ///< absent: must not be changed
    std::optional<Scheduler> scheduler;
    std::string selinux_label;
    std::optional<IoPriority> io_priority;
    std::optional<ExecCpuAffinity> exec_cpu_affinity;
    User user;
};

/// A program to run at a point of the life cycle (config.md, POSIX-platform Hooks).
struct Hook {
    std::string path;
    std::vector<std::string> args;                ///< empty: only the path
    std::optional<std::vector<std::string>> env;  ///< absent: the runtime's default
    std::optional<std::int64_t> timeout;          ///< seconds; absent: no limit
};

struct Hooks {
    std::vector<Hook> prestart;
    std::vector<Hook> create_runtime;
    std::vector<Hook> create_container;
    std::vector<Hook> start_container;
    std::vector<Hook> poststart;
    std::vector<Hook> poststop;
};

enum class NamespaceType : std::uint8_t { pid, network, mount, ipc, uts, user, cgroup, time };

/// A namespace to create, or with a path, to join. A type that is not listed is inherited.
struct Namespace {
    NamespaceType type = NamespaceType::pid;
    std::string path;
};

struct TimeOffset {
    std::int64_t secs = 0;
    std::uint32_t nanosecs = 0;
};

/// Offsets of the clocks of a new time namespace (time_namespaces(7)).
struct TimeOffsets {
    std::optional<TimeOffset> boottime;
    std::optional<TimeOffset> monotonic;

    [[nodiscard]] bool empty() const { return !boottime && !monotonic; }
};

enum class DeviceType : std::uint8_t {
    all,        ///< "a", only in cgroup rules
    character,  ///< "c"
    block,      ///< "b"
    fifo,       ///< "p", only for device nodes
};

/// A device node to create in the container. "u" (unbuffered) is a character device, as in mknod.
struct Device {
    DeviceType type = DeviceType::character;
    std::string path;
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint32_t file_mode = 0666;  ///< only permission bits
    std::uint32_t uid = 0;           ///< in the container
    std::uint32_t gid = 0;           ///< in the container
};

/// A network device of the host to move into the container.
struct NetDevice {
    std::string host_name;  ///< the object's key
    std::string name;       ///< its name in the container; empty: as on the host; may contain "%d"
};

/// The access of a device rule: bits with the values of the kernel's BPF_DEVCG_ACC_*.
using DeviceAccess = std::uint8_t;
inline constexpr DeviceAccess kDeviceMknod = 1;
inline constexpr DeviceAccess kDeviceRead = 2;
inline constexpr DeviceAccess kDeviceWrite = 4;
inline constexpr DeviceAccess kDeviceAllAccess = kDeviceMknod | kDeviceRead | kDeviceWrite;

/// One rule of the device controller; later rules take precedence.
struct DeviceRule {
    bool allow = false;
    DeviceType type = DeviceType::all;
    std::optional<std::uint32_t> major;  ///< absent (or -1): every one
    std::optional<std::uint32_t> minor;  ///< absent (or -1): every one
    DeviceAccess access = kDeviceAllAccess;
};

/// In bytes; -1 means unlimited, absent means unchanged.
struct MemoryResources {
    std::optional<std::int64_t> limit;
    std::optional<std::int64_t> reservation;
    std::optional<std::int64_t> swap;  ///< memory plus swap
    std::optional<std::int64_t> kernel;
    std::optional<std::int64_t> kernel_tcp;
    std::optional<std::uint64_t> swappiness;
    std::optional<bool> disable_oom_killer;
    std::optional<bool> use_hierarchy;
    bool check_before_update = false;

    bool operator==(const MemoryResources&) const = default;
};

/// Times in microseconds; absent or empty means unchanged.
struct CpuResources {
    std::optional<std::uint64_t> shares;
    std::optional<std::int64_t> quota;
    std::optional<std::uint64_t> burst;
    std::optional<std::uint64_t> period;
    std::optional<std::int64_t> realtime_runtime;
    std::optional<std::uint64_t> realtime_period;
    std::string cpus;  ///< in the list format of cpuset(7)
    std::string mems;
    std::optional<std::int64_t> idle;  ///< 0 or 1

    bool operator==(const CpuResources&) const = default;
};

struct PidsResources {
    std::optional<std::int64_t> limit;  ///< 0 is a limit; negative means unlimited

    bool operator==(const PidsResources&) const = default;
};

struct WeightDevice {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::optional<std::uint16_t> weight;
    std::optional<std::uint16_t> leaf_weight;
};

struct ThrottleDevice {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint64_t rate = 0;  ///< bytes or operations per second
};

struct BlockIoResources {
    std::optional<std::uint16_t> weight;
    std::optional<std::uint16_t> leaf_weight;
    std::vector<WeightDevice> weight_device;
    std::vector<ThrottleDevice> throttle_read_bps_device;
    std::vector<ThrottleDevice> throttle_write_bps_device;
    std::vector<ThrottleDevice> throttle_read_iops_device;
    std::vector<ThrottleDevice> throttle_write_iops_device;

    [[nodiscard]] bool empty() const {
        return !weight && !leaf_weight && weight_device.empty() &&
               throttle_read_bps_device.empty() && throttle_write_bps_device.empty() &&
               throttle_read_iops_device.empty() && throttle_write_iops_device.empty();
    }
};

struct HugepageLimit {
    std::string page_size;  ///< "2MB": as in the kernel's file names
    std::uint64_t limit = 0;
};

struct InterfacePriority {
    std::string name;
    std::uint32_t priority = 0;
};

struct NetworkResources {
    std::optional<std::uint32_t> class_id;
    std::vector<InterfacePriority> priorities;

    [[nodiscard]] bool empty() const { return !class_id && priorities.empty(); }
};

struct RdmaLimit {
    std::string device;  ///< the object's key
    std::optional<std::uint32_t> hca_handles;
    std::optional<std::uint32_t> hca_objects;
};

/// Limits of the cgroup (config-linux.md, Control groups). Absent values are not limited.
struct Resources {
    std::vector<DeviceRule> devices;
    MemoryResources memory;
    CpuResources cpu;
    BlockIoResources block_io;
    std::vector<HugepageLimit> hugepage_limits;
    NetworkResources network;
    PidsResources pids;
    std::vector<RdmaLimit> rdma;
    StringMap unified;  ///< cgroup v2 file name to text
};

/// Cache and memory bandwidth by resctrl (config-linux.md, IntelRdt).
struct IntelRdt {
    std::string clos_id;
    std::vector<std::string> schemata;
    std::string l3_cache_schema;
    std::string mem_bw_schema;
    bool enable_monitoring = false;
};

/// The kernel's MPOL_* numbers (set_mempolicy(2)).
enum class MemoryPolicyMode : std::uint8_t {
    default_ = 0,
    preferred = 1,
    bind = 2,
    interleave = 3,
    local = 4,
    preferred_many = 5,
    weighted_interleave = 6,
};

struct MemoryPolicy {
    MemoryPolicyMode mode = MemoryPolicyMode::default_;
    Ranges nodes;
    std::uint32_t flags = 0;  ///< the kernel's MPOL_F_* mode bits
};

enum class SeccompAction : std::uint8_t {
    kill,
    kill_process,
    kill_thread,
    trap,
    errno_,
    trace,
    allow,
    log,
    notify,
};

enum class SeccompOperator : std::uint8_t { ne, lt, le, eq, ge, gt, masked_eq };

enum class SeccompArch : std::uint8_t {
    x86,
    x86_64,
    x32,
    arm,
    aarch64,
    mips,
    mips64,
    mips64n32,
    mipsel,
    mipsel64,
    mipsel64n32,
    ppc,
    ppc64,
    ppc64le,
    s390,
    s390x,
    parisc,
    parisc64,
    riscv64,
    loongarch64,
    m68k,
    sh,
    sheb,
};

/// The kernel's SECCOMP_FILTER_FLAG_* bits (seccomp(2)).
enum class SeccompFlag : std::uint8_t {
    tsync = 1,
    log = 2,
    spec_allow = 4,
    wait_killable_recv = 32,
};

/// A comparison of one argument of a system call.
struct SeccompArg {
    std::uint32_t index = 0;  ///< 0 to 5
    std::uint64_t value = 0;  ///< for masked_eq the mask
    std::uint64_t value_two = 0;
    SeccompOperator op = SeccompOperator::eq;
};

/// One entry of seccomp.syscalls.
struct SeccompRule {
    std::vector<std::string> names;
    SeccompAction action = SeccompAction::allow;
    std::optional<std::uint32_t> errno_ret;
    std::vector<SeccompArg> args;
};

/// A system call filter (config-linux.md, Seccomp).
struct Seccomp {
    SeccompAction default_action = SeccompAction::kill;
    std::optional<std::uint32_t> default_errno_ret;
    std::vector<SeccompArch> architectures;
    std::optional<std::vector<SeccompFlag>> flags;  ///< absent: the runtime's default
    std::string listener_path;
    std::string listener_metadata;
    std::vector<SeccompRule> syscalls;
};

enum class PersonalityDomain : std::uint8_t { linux, linux32 };

struct Personality {
    PersonalityDomain domain = PersonalityDomain::linux;
    std::vector<std::string> flags;  ///< none is defined
};

/// config-linux.md, in its order.
struct Linux {
    std::vector<Namespace> namespaces;
    std::vector<IdMapping> uid_mappings;
    std::vector<IdMapping> gid_mappings;
    TimeOffsets time_offsets;
    std::vector<Device> devices;
    std::vector<NetDevice> net_devices;
    std::string cgroups_path;
    Resources resources;
    std::optional<IntelRdt> intel_rdt;
    std::optional<MemoryPolicy> memory_policy;
    StringMap sysctl;
    std::optional<Seccomp> seccomp;
    Propagation rootfs_propagation = Propagation::none;
    std::vector<std::string> masked_paths;
    std::vector<std::string> readonly_paths;
    std::string mount_label;
    std::optional<Personality> personality;
};

/// A directory tree or file of the container, and the allowed access (landlock(7)).
struct LandlockRule {
    std::string path;          ///< as seen in the container
    std::uint64_t access = 0;  ///< the kernel's LANDLOCK_ACCESS_FS_* bits
};

/// Landlock's restriction of the container's program.
struct Landlock {
    int abi = 0;                ///< the ABI version that has all of `handled`
    std::uint64_t handled = 0;  ///< the rights that are denied unless a rule allows them
    std::vector<LandlockRule> rules;
};

/// The extensions of crux to the specification, which annotations enable (extensions.h).
struct Extensions {
    std::optional<Landlock> landlock;
    bool core_scheduling = false;  ///< a separate core scheduling cookie
    bool root_idmap = false;   ///< the root filesystem is ID-mapped with the container's mappings
    bool keep_groups = false;  ///< the supplementary groups of the caller are kept
    bool refuse_unknown_calls = false;  ///< a system call that libseccomp does not know is an error
};

/// The whole of config.json.
struct Config {
    std::string oci_version;
    Root root;
    std::vector<Mount> mounts;
    std::optional<Process> process;
    std::string hostname;
    std::string domainname;
    Linux linux;  ///< absent: all defaults
    Hooks hooks;
    StringMap annotations;
    Extensions extensions;  ///< from the annotations
};

/// The listed namespace of the type, or null. A type that is listed twice is an error of the rules.
[[nodiscard]] inline const Namespace* find_namespace(const Linux& linux, NamespaceType type) {
    for (const Namespace& entry : linux.namespaces)
        if (entry.type == type) return &entry;
    return nullptr;
}

}  // namespace crux::oci
