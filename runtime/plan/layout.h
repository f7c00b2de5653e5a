#pragma once

#include <cstddef>
#include <cstdint>

/// The plan's bytes: what the builder writes, a sealed memfd carries and init reads. Everything
/// here is trivially copyable and needs no run time, since init has none.
///
///     Header | Step[step_count] | pool: texts (each ends with NUL), lists, the seccomp program
///
/// There is no encoder and no decoder: the block in memory is the wire form. Both sides are built
/// from this header and always travel in one binary, so there is no version to negotiate.
namespace crux::plan {

/// Bytes in the pool. As a text, `length` does not count the NUL that follows it.
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

/// What one step makes true. In the canonical order of builder.cc, which says why it is that order.
enum class Kind : std::uint16_t {
    session,            ///< setsid: a session and process group of its own
    enter_cgroup,       ///< move itself into the cgroup whose tasks file is in the slot
    join_namespace,     ///< setns to the namespace in the slot
    join_container,     ///< setns to several namespaces of the process whose pidfd is in the slot
    new_namespace,      ///< unshare, for the namespaces that clone3 cannot make at the right moment
    time_offsets,       ///< unshare the time namespace, set its clocks, enter it
    loopback_up,        ///< set up "lo" in a new network namespace
    propagation,        ///< change the propagation of every mount of the new mount namespace
    root,               ///< open the root filesystem and make it a mount of its own
    mount,              ///< a file system on a target inside the root
    bind,               ///< a bind mount on a target inside the root
    attributes,         ///< change the attributes or propagation of a mount that is there
    node,               ///< a device node (or fifo) inside the root
    link,               ///< a symbolic link inside the root
    console,            ///< the terminal: a pty of the container's devpts, sent out, made stdio
    mask,               ///< hide a path inside the root
    read_only,          ///< make a path inside the root read-only
    ask_parent,         ///< a meeting point: the parent does something on the host and answers
    hook,               ///< run a hook in the container's namespaces
    enter_root,         ///< pivot_root (or its poorer ways), leaving the host's tree behind
    sysctl,             ///< write a kernel parameter of the new namespaces
    host_name,          ///< sethostname
    domain_name,        ///< setdomainname
    keyring,            ///< a session keyring of its own
    oom_score,          ///< /proc/self/oom_score_adj
    resource_limit,     ///< setrlimit
    affinity,           ///< reset the CPU affinity that the caller had
    scheduler,          ///< sched_setattr
    io_priority,        ///< ioprio_set for the process group
    personality,        ///< personality
    memory_policy,      ///< set_mempolicy
    core_scheduling,    ///< a core scheduling cookie of its own
    label,              ///< an exec attribute of AppArmor or SELinux
    landlock,           ///< restrict the process with Landlock
    own_stdio,          ///< give descriptors 0 to 2 to the container's user
    bounding_set,       ///< drop capabilities from the bounding set
    no_new_privileges,  ///< PR_SET_NO_NEW_PRIVS
    seccomp,            ///< load the seccomp program
    user,               ///< groups, group and user ids
    capabilities,       ///< the other four capability sets
    umask,              ///< umask
    working_directory,  ///< chdir, checked to be inside the root
    find_program,       ///< look the program up, so that a missing one fails create
    verify,             ///< read back what must hold before any code of the container runs
    ready,              ///< tell the parent, wait until the container is recorded
    barrier,            ///< wait at the FIFO for start
    exec,               ///< become the program
    directory,          ///< a directory inside the root, made with its parents if missing
    prepare,            ///< lay ready what the program gets: vectors, umask, descriptors
    count_,             ///< how many there are
};

/// Namespaces by the bits of clone(2); the time namespace's bit is only legal in clone3 and setns.
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

// Operands, one struct a kind that has any. Paths inside the container have no leading slash: they
// are resolved from the root's descriptor.

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
    Text text;  ///< lines for timens_offsets(7), or empty
};
/// MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC where it is recursive; up to four
/// to be applied in order, each as one byte: see propagation_byte().
struct Propagation {
    std::uint32_t in_order;
};
struct Root {
    Text path;                  ///< as the host sees it
    std::uint32_t propagation;  ///< for the mount that holds it, as in Propagation, before its copy
    SlotIndex from;             ///< its id-mapped copy (open_tree) that the parent made, or kNoSlot
    std::uint16_t keep_mount;   ///< 1: no mount namespace of its own, so no mount of its own either
};

/// Attributes of a mount, in mount_setattr(2)'s bits. Recursive ones reach the mounts below.
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
struct Bind {
    Text source;  ///< on the host; not used when `from` is given
    Text target;
    Attributes attributes;
    std::uint32_t implied_clear;  ///< attributes of the source that go where no lock keeps them
    std::uint32_t propagation;
    std::uint16_t flags;  ///< MountFlag bits
    SlotIndex from;       ///< a mount (open_tree) that the parent made, or kNoSlot
    SlotIndex idmap;
};
enum MountFlag : std::uint16_t {
    kRecursive = 1,      ///< rbind
    kCopyUp = 2,         ///< tmpcopyup: copy the target's content into the new tmpfs
    kOptional = 4,       ///< a target that is missing in the image is left alone
    kOnlyDirectory = 8,  ///< the target must be a real directory (proc, sysfs)
    kSourceInContainer =
        16,              ///< the source is a path inside the container's root (masks of own trees)
    kNoFollow = 32,      ///< do not follow a symbolic link at the end of the source
    kModeOfTarget = 64,  ///< a tmpfs gets the permissions of the directory that it covers
    kOnlyProc = 128,     ///< the source must be a procfs: nothing else may stand for /proc
    kKeepLocked = 256,   ///< what the source's mount forbids stays forbidden
    kSourceMapped = 1024,  ///< the source is the copy whose ids the parent has just mapped
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
    std::uint32_t bind_from_host;  ///< 1: in a user namespace, where mknod is not allowed
};
struct Symlink {
    Text target;
    Text path;
};
struct Console {
    std::uint16_t rows;  ///< 0 with columns 0: as the kernel makes it
    std::uint16_t columns;
    SlotIndex socket;            ///< a connected AF_UNIX socket that gets the master
    std::uint16_t bind_console;  ///< 1: also bind the pty on /dev/console
    std::uint32_t uid;           ///< who owns the pty
};
struct Path {
    Text path;
};
/// What the parent does at a meeting point.
enum class Request : std::uint32_t {
    host_hooks,        ///< prestart and createRuntime
    resource_limits,   ///< prlimit: a process in a user namespace may not raise its own
    seccomp_listener,  ///< take the notify descriptor and hand it to the listener
    network_devices,   ///< move network devices in
    resctrl_class,     ///< put init into its class of service
    map_ids,           ///< map the ids of the copy of a mount that init has just made
};
struct AskParent {
    Request request;
    Text source;          ///< map_ids: what is copied, a path inside the container's root
    std::uint16_t flags;  ///< map_ids: kRecursive
    std::uint16_t index;  ///< map_ids: in the host's part, HostPart::mapped_sources
};
struct Hook {
    Text path;
    List arguments;         ///< of Text
    List environment;       ///< of Text
    Text state_before;      ///< the state document up to the pid
    Text state_after;       ///< and from there on
    std::uint32_t timeout;  ///< seconds; 0: none
    std::uint32_t index;    ///< in its list, for messages
    std::uint32_t inherit;  ///< 1: the environment is the program's own, as Prepare laid it ready
};
enum class EnterRootHow : std::uint32_t {
    pivot,   ///< pivot_root, the old root unmounted
    move,    ///< --no-pivot: mount moved over /, then chroot
    chroot,  ///< no mount namespace of its own
};
struct EnterRoot {
    EnterRootHow how;
};
struct Sysctl {
    Text path;  ///< below /proc/sys
    Text value;
};
struct Affinity {
    List mask;  ///< of std::uint64_t: the CPUs' bits; empty: all that the cgroup allows
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
    std::uint32_t mode;  ///< with the mode flags or-ed in
    List nodes;          ///< of std::uint64_t: the mask's words
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
    std::uint32_t keep_groups;  ///< 1: leave the supplementary groups alone
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
    Text default_action;  ///< for people: what happens to a call that no rule names
};
struct WorkingDirectory {
    Text path;  ///< absolute, as the container sees it
};
struct FindProgram {
    List candidates;  ///< of Text: absolute or relative paths, tried in order
};
/// What `verify` reads back (rule R11).
struct Verify {
    std::uint64_t bounding;
    CapabilitySets sets;
    std::uint32_t no_new_privileges;  ///< 1: must be set; 0: not looked at
    std::uint32_t seccomp;            ///< 1: a filter must be loaded; 0: not looked at
};
struct Barrier {
    SlotIndex fifo;
};
struct Prepare {
    List arguments;            ///< of Text
    List environment;          ///< of Text
    std::uint32_t keep_below;  ///< descriptors below this number stay open
    std::uint32_t needs_home;  ///< 1: add HOME from the container's /etc/passwd, or "/"
    std::uint32_t uid;         ///< whose home
};
struct Exec {
    List arguments;  ///< of Text: what Prepare laid ready
};

/// Step::flags; what a bit means depends on the kind.
enum StepFlag : std::uint16_t {
    kReplace = 1,     ///< link: remove what is there with that name; otherwise it is left alone
    kReopenNull = 1,  ///< own_stdio: first exchange the host's /dev/null for the container's own
    /// working_directory: a refusal for want of rights is left to the step that comes again once
    /// the user is set; that one does nothing but its check if this one succeeded.
    kFirstTry = 1,
};

/// One step. `origin` is the JSON pointer of the property that asked for it, or empty for what
/// every container gets; init never reads it.
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
        Number
            number;  // io_priority, personality, bounding_set (what stays), umask, own_stdio (uid)
        MemoryPolicy memory_policy;
        Label label;
        Landlock landlock;
        User user;
        CapabilitySets capabilities;
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
/// Slots with a fixed meaning; the builder hands out the others.
constexpr SlotIndex kControlSlot = 0;  ///< SOCK_SEQPACKET to the parent
constexpr SlotIndex kFifoSlot = 1;     ///< exec.fifo, open for reading and writing
constexpr SlotIndex kFirstFreeSlot = 2;

/// What init does before the step Header::fault_step, in builds for fault tests (CRUX_FAULTS).
enum class Fault : std::uint32_t {
    fail,         ///< the step fails with EIO
    die,          ///< init ends without a word
    kill_parent,  ///< the parent kills itself
};

struct Header {
    std::uint32_t magic;
    std::uint32_t size;  ///< of the whole block
    std::uint32_t step_count;
    std::uint32_t steps;  ///< offset of the first step
    std::uint32_t pool;   ///< offset of the pool; texts and lists count from here
    std::uint32_t pool_size;
    std::uint32_t fault_step;    ///< for fault tests: the step before which init stops, or kNoFault
    std::uint32_t fault_action;  ///< what it does there
    std::int32_t slots[kSlotCount];  ///< descriptor numbers, written by launch; -1: none
};
constexpr std::uint32_t kNoFault = 0xffffffff;

/// A slot as a propagation list: each wish in one byte, first wish lowest.
enum PropagationByte : std::uint8_t {
    kNoPropagation = 0,
    kShared = 1,
    kSlave = 2,
    kPrivate = 3,
    kUnbindable = 4,
    kPropagateRecursive = 8,  ///< or-ed to one of the above
};

// What the two sides say to each other over the control socket, one message a packet.

enum class Say : std::uint32_t {
    failed,   ///< step `step` failed: `call` (a system call number), `error`
    warning,  ///< the same, but init goes on
    ask,      ///< ask_parent: step `step`; a descriptor may come along
    ready,    ///< everything up to the barrier holds
    fault,    ///< only in builds for fault tests: the parent is to be killed here
};
/// Most of a report is numbers; `detail` is bytes of the outside world (a hook's output, a path).
struct InitReport {
    Say say;
    std::uint32_t step;
    std::uint32_t call;
    std::int32_t error;
    std::int32_t extra;  ///< a hook's wait status; which candidate or rule; otherwise 0
    std::uint32_t detail_length;
    char detail[1000];
};
constexpr std::size_t kReportHead = offsetof(InitReport, detail);
/// InitReport::step of what failed behind the barrier and is no hook; a hook gives its index.
constexpr std::uint32_t kNoHook = 0xFFFFFFFFU;
/// The parent's answer to `ask` and `ready`: 0 to go on; anything else: stop without a word.
struct Answer {
    std::int32_t error;
};

}  // namespace crux::plan
