#pragma once

#include <cstddef>
#include <cstdint>

/// The binary layout of a plan: the builder writes it, a sealed memfd contains it and init reads
/// it. Everything here is trivially copyable and requires no run-time library, since init has none.
///
///     Header | Step[step_count] | pool: texts (each ends with NUL), lists, the seccomp program
///
/// There is no encoder and no decoder: the block in memory is the format. Both sides are compiled
/// from this header into one binary, so there is no version to negotiate.
namespace crux::plan {

/// Bytes in the pool. `length` does not count the NUL that follows.
struct Text {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
};

/// `count` trivially copyable items in the pool (texts, numbers, instructions), 8-byte aligned.
struct List {
    std::uint32_t offset = 0;
    std::uint32_t count = 0;
};

/// An index into Header::slots: a descriptor that launch opens and init inherits.
using SlotIndex = std::int16_t;
constexpr SlotIndex kNoSlot = -1;

/// What one step does. In the order of a plan (except the last ones); builder.cc gives the reasons
/// for the order.
enum class Kind : std::uint16_t {
    session,            ///< setsid: a new session and process group
    enter_cgroup,       ///< init moves itself to the cgroup whose tasks file is in the slot
    join_namespace,     ///< setns to the namespace in the slot
    join_container,     ///< setns to several namespaces of the process whose pidfd is in the slot
    new_namespace,      ///< unshare, for the namespaces that clone3 would create too early
    time_offsets,       ///< unshare the time namespace, set its offsets, enter it
    loopback_up,        ///< set up "lo" in a new network namespace
    propagation,        ///< change the propagation of every mount in the new mount namespace
    root,               ///< open the root filesystem and bind-mount it on itself
    mount,              ///< mount a filesystem on a target inside the root
    bind,               ///< bind-mount a source on a target inside the root
    attributes,         ///< change the attributes or propagation of an existing mount
    node,               ///< create a device node (or FIFO) inside the root
    link,               ///< create a symbolic link inside the root
    console,            ///< open a pty of the container's devpts, send its master, use its slave
    mask,               ///< cover a path inside the root
    read_only,          ///< make a path inside the root read-only
    ask_parent,         ///< the parent does something on the host, init waits for its answer
    hook,               ///< run a hook in the container's namespaces
    enter_root,         ///< pivot_root (or its weaker alternatives)
    sysctl,             ///< write a kernel parameter of the new namespaces
    host_name,          ///< sethostname
    domain_name,        ///< setdomainname
    keyring,            ///< create and join a session keyring
    oom_score,          ///< /proc/self/oom_score_adj
    resource_limit,     ///< setrlimit
    affinity,           ///< reset the CPU affinity inherited from the caller
    scheduler,          ///< sched_setattr
    io_priority,        ///< ioprio_set for the process group
    personality,        ///< personality
    memory_policy,      ///< set_mempolicy
    core_scheduling,    ///< create or copy a core scheduling cookie
    label,              ///< an exec attribute of AppArmor or SELinux
    landlock,           ///< restrict filesystem access with Landlock
    own_stdio,          ///< make the container's user the owner of descriptors 0 to 2
    bounding_set,       ///< drop capabilities from the bounding set
    no_new_privileges,  ///< PR_SET_NO_NEW_PRIVS
    seccomp,            ///< load the seccomp program
    user,               ///< supplementary groups, group ID and user ID
    capabilities,       ///< the other four capability sets
    umask,              ///< umask
    working_directory,  ///< chdir, and check that the directory is inside the root
    find_program,       ///< look up the program, so that create fails if it is missing
    verify,             ///< read back the restrictions before any code of the container runs
    ready,              ///< report to the parent, wait until the container is recorded
    barrier,            ///< wait at the FIFO for start
    exec,               ///< execve of the program
    directory,          ///< create a directory inside the root, with its parents
    prepare,            ///< prepare what the program inherits: vectors, umask, descriptors
    compare_mounts,     ///< compare the mounts at their names with those that were made
    last_capabilities,  ///< drop the capability that loading the filter required
    drop_capabilities,  ///< drop all capabilities that no later step of init needs
    count_,             ///< the number of kinds
};

/// Namespaces by the bits of clone(2); the bit of the time namespace is only valid in clone3 and
/// setns.
enum class Namespace : std::uint32_t {
    mount = 0x00020000,
    cgroup = 0x02000000,
    uts = 0x04000000,
    ipc = 0x08000000,
    user = 0x10000000,
    pid = 0x20000000,
    network = 0x40000000,
    time = 0x00000080,
};

// Operands, one struct per kind that has any. Paths inside the container have no leading slash:
// they are resolved from the descriptor of the root.

struct EnterCgroup {
    SlotIndex slot;
};
struct JoinNamespace {
    Namespace type;
    SlotIndex slot;
};
struct JoinContainer {
    std::uint32_t namespaces;  ///< Namespace bits
    SlotIndex slot;
};
struct NewNamespace {
    Namespace type;
};
struct TimeOffsets {
    Text text;              ///< lines for timens_offsets(7), or empty
    std::uint32_t is_made;  ///< 1: the namespace exists, with its offsets; init only enters it
};
/// Up to four changes of propagation, applied in order, each as one byte (see PropagationByte).
struct Propagation {
    std::uint32_t in_order;
};
struct Root {
    Text path;  ///< on the host
    std::uint32_t
        propagation;  ///< of the mount that contains it, as in Propagation, before the copy
    SlotIndex from;   ///< its ID-mapped copy (open_tree) made by the parent, or kNoSlot
    std::uint16_t keep_mount;  ///< 1: do not bind it on itself (no own mount namespace)
};

/// Attributes of a mount, as bits of mount_setattr(2). Recursive ones also apply to the mounts
/// below it.
struct Attributes {
    std::uint32_t set;
    std::uint32_t clear;
    std::uint32_t recursive_set;
    std::uint32_t recursive_clear;
};
struct Mount {
    Text type;
    Text source;
    Text target;
    List parameters;  ///< of Parameter: for fsconfig(2), in order
    List call;        ///< of MountCall: one if a value is too long for fsconfig(2), otherwise none
    Attributes attributes;
    std::uint32_t propagation;
    std::uint16_t flags;  ///< MountFlag bits
    SlotIndex idmap;
};
struct Parameter {
    Text key;
    Text value;
    std::uint32_t has_value;  ///< 0: a flag
};
/// The arguments of mount(2) that are not those of fsconfig(2).
struct MountCall {
    Text data;
    std::uint32_t flags;
    std::uint32_t remount_flags;  ///< of a second call, which sets the attributes; 0: none
    std::uint32_t apart;          ///< 1: in another mount namespace
};
struct Bind {
    Text source;  ///< on the host; not used if `from` is set
    Text target;
    Attributes attributes;
    std::uint32_t implied_clear;  ///< attributes of the source to clear unless they are locked
    std::uint32_t propagation;
    std::uint16_t flags;  ///< MountFlag bits
    SlotIndex from;       ///< a mount (open_tree) made by the parent, or kNoSlot
    SlotIndex idmap;
};
enum MountFlag : std::uint16_t {
    kRecursive = 1,           ///< rbind
    kCopyUp = 2,              ///< tmpcopyup: copy the target's content into the new tmpfs
    kOptional = 4,            ///< do nothing if the target does not exist in the image
    kOnlyDirectory = 8,       ///< the target must be a directory and not a symbolic link
    kSourceInContainer = 16,  ///< the source is a path inside the container's root
    kNoFollow = 32,           ///< do not follow a symbolic link at the end of the source
    kModeOfTarget = 64,       ///< a tmpfs gets the permissions of the directory that it covers
    kOnlyProc = 128,          ///< the source must be a procfs, since it is mounted on /proc
    kKeepLocked = 256,        ///< keep the locked attributes of the source's mount
    kSourceMapped = 512,      ///< the source is the copy whose IDs the parent has just mapped
};
struct ChangeAttributes {
    Text target;
    Attributes attributes;
    std::uint32_t propagation;
    List parameters;  ///< superblock parameters of a remount
};
struct DeviceNode {
    Text path;
    std::uint32_t mode;  ///< S_IFCHR, S_IFBLK or S_IFIFO with permission bits
    std::uint32_t major;
    std::uint32_t minor;
    std::uint32_t uid;
    std::uint32_t gid;
    std::uint32_t bind_from_host;  ///< 1: in a user namespace, where mknod is not permitted
};
struct Symlink {
    Text target;
    Text path;
};
struct Console {
    std::uint16_t rows;  ///< rows and columns 0: the kernel's default size
    std::uint16_t columns;
    SlotIndex socket;            ///< a connected AF_UNIX socket that receives the master
    std::uint16_t bind_console;  ///< 1: also bind the pty on /dev/console
    std::uint32_t uid;           ///< owner of the pty
};
struct Path {
    Text path;
};
/// A request to the parent.
enum class Request : std::uint32_t {
    host_hooks,        ///< run the prestart and createRuntime hooks
    resource_limits,   ///< prlimit: a process in a user namespace cannot raise its own limits
    seccomp_listener,  ///< send the notify descriptor to the listener
    network_devices,   ///< move network devices into the container
    resctrl_class,     ///< move init to its resctrl group
    map_ids,           ///< map the IDs of the copy of a mount that init has just made
    time_offsets,      ///< write the offsets of the time namespace for init's children
};
struct AskParent {
    Request request;
    Text source;          ///< map_ids: the copied path, inside the container's root
    std::uint16_t flags;  ///< map_ids: kRecursive
    std::uint16_t index;  ///< map_ids: index in HostPart::mapped_sources
};
struct Hook {
    Text path;
    List arguments;          ///< of Text
    List environment;        ///< of Text
    Text state_before;       ///< the state document before the pid
    Text state_after;        ///< the state document after the pid
    std::uint32_t timeout;   ///< seconds; 0: none
    std::uint32_t index;     ///< in its list, for messages
    std::uint16_t inherit;   ///< 1: with the program's environment, from Prepare
    std::uint16_t confined;  ///< 1: with the filter and the capability sets of later steps
};
enum class EnterRootHow : std::uint32_t {
    pivot,   ///< pivot_root, then unmount the old root
    move,    ///< --no-pivot: move the mount to /, then chroot
    chroot,  ///< the container has no own mount namespace
};
struct EnterRoot {
    EnterRootHow how;
};
struct Sysctl {
    Text path;  ///< below /proc/sys
    Text value;
};
struct Affinity {
    List mask;  ///< of std::uint64_t: one bit per CPU; empty: all CPUs that the cgroup allows
};
struct OomScore {
    std::int32_t value;
};
struct ResourceLimit {
    std::uint32_t resource;
    std::uint64_t soft;
    std::uint64_t hard;
};
struct Scheduler {
    std::uint32_t policy;
    std::int32_t nice;
    std::uint32_t priority;
    std::uint32_t reserved;
    std::uint64_t flags;
    std::uint64_t runtime;
    std::uint64_t deadline;
    std::uint64_t period;
};
struct Number {
    std::uint64_t value;
};
struct MemoryPolicy {
    std::uint32_t mode;  ///< including the mode flags
    List nodes;          ///< of std::uint64_t: the words of the mask
};
struct Label {
    Text attribute;  ///< below /proc/self/attr
    Text value;
};
struct LandlockRule {
    Text path;
    std::uint64_t access;
};
struct Landlock {
    std::uint64_t handled;
    List rules;  ///< of LandlockRule
};
struct User {
    std::uint32_t uid;
    std::uint32_t gid;
    List groups;                ///< of std::uint32_t
    std::uint32_t keep_groups;  ///< 1: do not change the supplementary groups
};
/// Bit n is capability n.
struct CapabilitySets {
    std::uint64_t effective;
    std::uint64_t permitted;
    std::uint64_t inheritable;
    std::uint64_t ambient;
};
struct Seccomp {
    List program;  ///< of struct sock_filter (8 bytes)
    std::uint32_t flags;
    Text default_action;    ///< only for explain: the action for a call without a rule
    std::uint32_t effects;  ///< FilterEffect bits
    Text exec_words;        ///< kDeniesExec: the text for its errno, where there is only one
};
/// What the filter does with the calls of init, whatever their arguments are.
enum FilterEffect : std::uint32_t {
    kDeniesExec = 1,  ///< execve(2) never executes anything, and returns
    /// The calls with which init looks at a program that was not executed do not kill it, and do
    /// not stop it for a tracer or a listener.
    kLetsLook = 2,
};
struct WorkingDirectory {
    Text path;  ///< absolute, in the container
};
struct FindProgram {
    List candidates;  ///< of Text: absolute or relative paths, tried in order
};
/// The values that `verify` compares with the kernel's (rule R11).
struct Verify {
    std::uint64_t bounding;
    CapabilitySets sets;
    std::uint32_t uid;
    std::uint32_t gid;
    List groups;                      ///< of std::uint32_t, ascending
    std::uint16_t keep_groups;        ///< 1: the supplementary groups are not checked
    std::uint16_t no_new_privileges;  ///< 1: must be set; 0: not checked
};
struct Barrier {
    SlotIndex fifo;
};
struct Prepare {
    List arguments;            ///< of Text
    List environment;          ///< of Text
    std::uint32_t keep_below;  ///< descriptors below this number stay open
    std::uint32_t needs_home;  ///< 1: add HOME from the container's /etc/passwd, or "/"
    std::uint32_t uid;         ///< the user whose HOME it is
};
struct Exec {
    List arguments;  ///< of Text: the arguments that Prepare has prepared
};

/// Step::flags; the meaning of a bit depends on the kind.
enum StepFlag : std::uint16_t {
    kKept = 4,        ///< mount, bind, read_only: a later step has a path at or below this mount
    kReplace = 1,     ///< link: remove an existing file of that name; otherwise keep it
    kReopenNull = 1,  ///< own_stdio: first replace the host's /dev/null by the container's
    /// working_directory: ignore EACCES, since a second step tries again once the user is set. If
    /// this step succeeds, the second one does nothing.
    kFirstTry = 1,
    /// capabilities: CAP_SYS_ADMIN stays until the filter is loaded.
    kUntilFilter = 1,
    /// compare_mounts: the root must be read-only.
    kReadOnlyRoot = 1,
};

/// One step. `origin` is the JSON pointer of the property that requests it, or empty for a step of
/// every container; init never reads it.
struct Step {
    Kind kind;
    std::uint16_t flags;
    Text origin;
    union {
        EnterCgroup enter_cgroup;
        JoinNamespace join_namespace;
        JoinContainer join_container;
        NewNamespace new_namespace;
        TimeOffsets time_offsets;
        Propagation propagation;
        Root root;
        Mount mount;
        Bind bind;
        ChangeAttributes attributes;
        DeviceNode node;
        Symlink link;
        Console console;
        Path path;  // mask, read_only, directory
        AskParent ask_parent;
        Hook hook;
        EnterRoot enter_root;
        Sysctl sysctl;
        Text text;  // host_name, domain_name, keyring
        Affinity affinity;
        OomScore oom_score;
        ResourceLimit resource_limit;
        Scheduler scheduler;
        Number number;  // io_priority, personality, bounding_set and drop_capabilities (what
                        // stays), umask, own_stdio (uid)
        MemoryPolicy memory_policy;
        Label label;
        Landlock landlock;
        User user;
        CapabilitySets capabilities;  // capabilities, last_capabilities
        Seccomp seccomp;
        WorkingDirectory working_directory;
        FindProgram find_program;
        Verify verify;
        Barrier barrier;
        Exec exec;
        Prepare prepare;
    };
};

constexpr std::uint32_t kMagic = 0x78757263;  // "crux"
constexpr std::size_t kSlotCount = 64;
/// Slots with a fixed meaning; the builder assigns the others.
constexpr SlotIndex kControlSlot = 0;  ///< SOCK_SEQPACKET to the parent
constexpr SlotIndex kFifoSlot = 1;     ///< exec.fifo, open for reading and writing
constexpr SlotIndex kFirstFreeSlot = 2;

/// The fault before the step Header::fault_step, in builds for fault tests (CRUX_FAULTS).
enum class Fault : std::uint32_t {
    fail,         ///< the step fails with EIO
    die,          ///< init exits without a report
    kill_parent,  ///< the parent kills itself
    wait,         ///< init waits for 300 ms
};

struct Header {
    std::uint32_t magic;
    std::uint32_t size;  ///< of the whole block
    std::uint32_t step_count;
    std::uint32_t steps;  ///< offset of the first step
    std::uint32_t pool;   ///< offset of the pool; offsets of texts and lists are relative to it
    std::uint32_t pool_size;
    std::uint32_t fault_step;        ///< for fault tests: the step with the fault, or kNoFault
    std::uint32_t fault_action;      ///< Fault
    std::int32_t slots[kSlotCount];  ///< descriptor numbers, written by launch; -1: none
};
constexpr std::uint32_t kNoFault = 0xffffffff;

/// One change of propagation in a list of up to four; the first one is the lowest byte.
enum PropagationByte : std::uint8_t {
    kNoPropagation = 0,
    kShared = 1,
    kSlave = 2,
    kPrivate = 3,
    kUnbindable = 4,
    kPropagateRecursive = 8,  ///< or-ed to one of the above
};

// The messages on the control socket, one per packet.

enum class Say : std::uint32_t {
    failed = 1,  ///< step `step` failed: `call` (a system call number), `error`
    warning,     ///< the same, but init continues
    ask,         ///< ask_parent: step `step`; `extra` may be a descriptor of init
    ready,       ///< all steps up to the barrier have succeeded
    fault,       ///< only in builds for fault tests: kill the parent here
};
/// A report is mostly numbers; `detail` is untrusted data (a hook's output, a path).
struct InitReport {
    Say say;
    std::uint32_t step;
    std::uint32_t call;
    std::int32_t error;
    std::int32_t extra;  ///< a hook's wait status, a descriptor, or the index of a rule; else 0
    std::uint32_t detail_length;
    char detail[1000];
};
constexpr std::size_t kReportHead = offsetof(InitReport, detail);
/// InitReport::step of a failure after the barrier that is not of a hook; for a hook, its index.
constexpr std::uint32_t kNoHook = 0xFFFFFFFFU;
/// Init's exit status if it cannot map its plan, without which it has no way to report: this number
/// and the errno.
constexpr int kNoPlanStatus = 64;
/// The parent's answer to `ask` and `ready`. 0: continue; anything else: exit without a report.
struct Answer {
    std::int32_t error;
};

}  // namespace crux::plan
