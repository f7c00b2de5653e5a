#include "runtime/plan/step_info.h"

#include <array>
#include <cstddef>

namespace crux::plan {

namespace {

struct Row {
    Kind kind;
    StepInfo words;
};

// capabilities(7), as bits of a set.
constexpr std::uint64_t bit(unsigned capability) {
    return std::uint64_t{1} << capability;
}
constexpr std::uint64_t kChown = bit(0);
constexpr std::uint64_t kDac = bit(1) | bit(2);            // CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
constexpr std::uint64_t kCopy = kChown | bit(3) | bit(4);  // CAP_FOWNER, CAP_FSETID
constexpr std::uint64_t kSetgid = bit(6);
constexpr std::uint64_t kSetuid = bit(7);
constexpr std::uint64_t kSetpcap = bit(8);
constexpr std::uint64_t kNetAdmin = bit(12);
constexpr std::uint64_t kSysChroot = bit(18);
constexpr std::uint64_t kSysPtrace = bit(19);
constexpr std::uint64_t kSysAdmin = bit(21);
constexpr std::uint64_t kSysNice = bit(23);
constexpr std::uint64_t kSysResource = bit(24);
constexpr std::uint64_t kSysTime = bit(25);
constexpr std::uint64_t kMknod = bit(27);
constexpr std::uint64_t kMacAdmin = bit(33);

/// In the order of the layout.
constexpr auto kRows = std::array{
    Row{Kind::session,
        {"session", "setsid(2)",
         "job control and signals of the caller's terminal cannot reach the container"}},
    Row{Kind::enter_cgroup,
        {"enter_cgroup", "cgroups(7), version 1: \"0\" written to tasks",
         "from here on the cgroup counts and limits everything that the container does; a process "
         "that moves itself does not wait for the kernel's global lock (Linux 5.5)"}},
    Row{Kind::join_namespace,
        {"join_namespace", "setns(2)",
         "the container shares this namespace with other processes, as the containers of a pod "
         "share their network",
         kSysAdmin | kSysChroot}},
    Row{Kind::join_container,
        {"join_container", "setns(2) with a pidfd, Linux 5.8",
         "one call enters all namespaces of the container's first process; unlike a path below "
         "/proc/PID, a pidfd never refers to another process",
         kSysAdmin | kSysChroot}},
    Row{Kind::new_namespace,
        {"new_namespace", "unshare(2)",
         "the root of a cgroup namespace is the cgroup of the process that creates it, so init "
         "enters the container's cgroup first",
         kSysAdmin}},
    Row{Kind::time_offsets,
        {"time_offsets", "time_namespaces(7), Linux 5.6",
         "the container's monotonic and boot-time clocks start at the configured offsets; they can "
         "be set only before a process enters the namespace",
         kSysTime}},
    Row{Kind::loopback_up,
        {"loopback_up", "netdevice(7), SIOCSIFFLAGS",
         "the loopback device of a new network namespace is down, and programs expect 127.0.0.1 to "
         "work",
         kNetAdmin}},
    Row{Kind::propagation,
        {"propagation", "mount_setattr(2), Linux 5.12, or mount(2)",
         "a new mount namespace is a copy of the host's, and a mount made in it could still "
         "propagate to the host; this prevents it before the first mount is made",
         kSysAdmin}},
    Row{Kind::root,
        {"root", "open_tree(2), move_mount(2), Linux 5.2",
         "every path of the container is resolved below this directory, by its descriptor; it is "
         "bind-mounted on itself for pivot_root(2), which requires a mount point",
         kSysAdmin | kDac}},
    Row{Kind::mount,
        {"mount", "fsopen(2), fsconfig(2), fsmount(2), move_mount(2), Linux 5.2; openat2(2)",
         "a new filesystem is configured while it is not attached, so that no process sees it "
         "without its options; its target is resolved inside the root",
         kSysAdmin | kDac | kCopy}},
    Row{Kind::bind,
        {"bind", "open_tree(2), mount_setattr(2), move_mount(2), Linux 5.12; openat2(2)",
         "a bind mount shows a directory or file of the host in the container; it gets its options "
         "before it is attached, so that no process sees it without them",
         kSysAdmin | kDac}},
    Row{Kind::attributes,
        {"attributes", "mount_setattr(2), Linux 5.12",
         "this mount already exists; for example, a filesystem becomes read-only only after the "
         "files and mount points in it were created",
         kSysAdmin}},
    Row{Kind::node,
        {"node", "mknodat(2); in a user namespace open_tree(2) and move_mount(2)",
         "programs expect these devices in /dev; whether a process can open them is decided by the "
         "device rules of its cgroup",
         kMknod | kSysAdmin | kDac | kCopy}},
    Row{Kind::link,
        {"link", "symlinkat(2)", "programs expect these names for devices and cgroup controllers",
         kDac}},
    Row{Kind::console,
        {"console", "devpts: /dev/pts/ptmx, ioctl_tty(2), TIOCGPTPEER, Linux 4.13",
         "the pseudoterminal belongs to the container's own devpts, and its slave is opened "
         "without a path that the image could have replaced",
         kSysAdmin | kChown}},
    Row{Kind::mask,
        {"mask", "open_tree(2), move_mount(2) of the host's /dev/null or of an empty tmpfs",
         "some kernel files expose information about the whole host, so they are covered by an "
         "empty file or directory; a path that does not exist is skipped",
         kSysAdmin}},
    Row{Kind::read_only,
        {"read_only", "open_tree(2), mount_setattr(2), move_mount(2)",
         "a write to these kernel files would change the whole host", kSysAdmin}},
    Row{Kind::ask_parent,
        {"ask_parent", "unix(7), SOCK_SEQPACKET",
         "only crux on the host has the privileges or the namespaces for this, so init asks it and "
         "waits for the answer"}},
    Row{Kind::hook,
        {"hook", "clone3(2), execve(2)",
         "config.json runs this program at this point of the life cycle; the program reads the "
         "container's state from standard input"}},
    Row{Kind::enter_root,
        {"enter_root", "pivot_root(2), umount2(2), or chroot(2)",
         "the root filesystem of the container becomes /; once the host's tree is unmounted, no "
         "path leads back to the host",
         kSysAdmin | kSysChroot}},
    Row{Kind::sysctl,
        {"sysctl", "proc(5), /proc/sys of a procfs that is not attached",
         "this kernel parameter belongs to one of the container's namespaces; its value on the "
         "host does not change",
         kSysAdmin}},
    Row{Kind::host_name,
        {"host_name", "sethostname(2), uts_namespaces(7)", "a UTS namespace has its own hostname",
         kSysAdmin}},
    Row{Kind::domain_name,
        {"domain_name", "setdomainname(2), uts_namespaces(7)",
         "a UTS namespace has its own NIS domain name", kSysAdmin}},
    Row{Kind::keyring,
        {"keyring", "keyctl(2), session-keyring(7)",
         "with a new session keyring, the container cannot find the keys of the user that started "
         "it"}},
    Row{Kind::oom_score,
        {"oom_score", "proc(5), oom_score_adj",
         "oom_score_adj decides how likely the kernel is to kill the container's processes when "
         "memory runs out",
         kSysAdmin | kSysResource}},
    Row{Kind::resource_limit,
        {"resource_limit", "setrlimit(2)",
         "a resource limit applies to each process; the limits of a cgroup apply to all its "
         "processes together",
         kSysResource}},
    Row{Kind::affinity,
        {"affinity", "sched_setaffinity(2)",
         "the container does not inherit the CPU affinity of the caller; it runs on the CPUs of "
         "its cgroup, or on those that config.json lists"}},
    Row{Kind::scheduler,
        {"scheduler", "sched_setattr(2), sched(7)",
         "the scheduling policy decides when a process gets CPU time", kSysNice}},
    Row{Kind::io_priority,
        {"io_priority", "ioprio_set(2)",
         "the I/O priority decides how the kernel orders the disk requests of processes",
         kSysAdmin | kSysNice}},
    Row{Kind::personality,
        {"personality", "personality(2)",
         "the execution domain decides which machine uname(2) reports; for LINUX32 it is a 32-bit "
         "one"}},
    Row{Kind::memory_policy,
        {"memory_policy", "set_mempolicy(2)",
         "the memory policy decides on which NUMA nodes the kernel allocates memory"}},
    Row{Kind::core_scheduling,
        {"core_scheduling", "prctl(2), PR_SCHED_CORE, Linux 5.14",
         "only processes with the same cookie run on the SMT siblings of a core at the same time, "
         "so that other containers cannot observe this one through the core they would share",
         kSysPtrace}},
    Row{Kind::label,
        {"label", "proc(5), /proc/self/attr",
         "the security module confines the program from execve(2) on", kSysAdmin | kMacAdmin}},
    Row{Kind::landlock,
        {"landlock", "landlock(7), Linux 5.13",
         "Landlock limits access to files even for a process whose user and capabilities would "
         "allow it",
         kSysAdmin}},
    Row{Kind::own_stdio,
        {"own_stdio", "fchown(2)",
         "the program must be able to reopen /dev/stdin, /dev/stdout and /dev/stderr as its own "
         "user",
         kChown | kDac}},
    Row{Kind::bounding_set,
        {"bounding_set", "prctl(2), PR_CAPBSET_DROP, capabilities(7)",
         "no program of the container can regain a capability that is dropped here, not even by a "
         "set-user-ID file",
         kSetpcap}},
    Row{Kind::no_new_privileges,
        {"no_new_privileges", "prctl(2), PR_SET_NO_NEW_PRIVS",
         "execve(2) no longer grants privileges: set-user-ID bits and file capabilities have no "
         "effect"}},
    Row{Kind::seccomp,
        {"seccomp", "seccomp(2), SECCOMP_SET_MODE_FILTER",
         "the kernel checks each system call against this filter first and refuses those that the "
         "container does not need",
         kSysAdmin}},
    Row{Kind::user,
        {"user", "setgroups(2), setresgid(2), setresuid(2), PR_SET_KEEPCAPS",
         "the program runs as this user; PR_SET_KEEPCAPS keeps the capabilities during the change, "
         "so that the next step can set them exactly",
         kSetuid | kSetgid}},
    Row{Kind::capabilities,
        {"capabilities", "capset(2), prctl(2), PR_CAP_AMBIENT, capabilities(7)",
         "the kernel divides root's privileges into capabilities; the container keeps only those "
         "that config.json lists",
         kSetpcap}},
    Row{Kind::umask,
        {"umask", "umask(2)", "the umask is the set of permissions that new files do not get"}},
    Row{Kind::working_directory,
        {"working_directory", "chdir(2), getcwd(2)",
         "the program starts in this directory; getcwd(2) proves that it is inside the container's "
         "root",
         kDac}},
    Row{Kind::find_program,
        {"find_program", "statx(2), faccessat(2)",
         "if the program does not exist or cannot be executed, create fails, not start"}},
    Row{Kind::verify,
        {"verify", "getresuid(2), getresgid(2), getgroups(2), capget(2), prctl(2)",
         "init reads back the restrictions that protect the host before any code of the container "
         "runs"}},
    Row{Kind::ready,
        {"ready", "unix(7), SOCK_SEQPACKET",
         "crux records the process on the host before any of the container's code runs in it"}},
    Row{Kind::barrier,
        {"barrier", "fifo(7)",
         "create and start are two commands: after create, the container waits here, completely "
         "set up"}},
    Row{Kind::exec, {"exec", "execve(2)", "the program replaces init in the same process"}},
    Row{Kind::directory,
        {"directory", "mkdirat(2), openat2(2)",
         "the working directory may not exist in the image, and cannot be created once the root is "
         "read-only",
         kDac}},
    Row{Kind::prepare,
        {"prepare", "umask(2); close_range(2), Linux 5.9",
         "no descriptor of the host stays open in the program, and init has nothing left to do "
         "that a seccomp filter would have to allow, except execve(2)"}},
    Row{Kind::compare_mounts,
        {"compare_mounts", "statx(2), STATX_MNT_ID, Linux 5.8",
         "a process that can change the image may have exchanged the directories that the mounts "
         "were made on; then the program would find something else in their place",
         kSysAdmin | kDac}},
    Row{Kind::last_capabilities,
        {"last_capabilities", "capset(2)",
         "without no_new_privs only CAP_SYS_ADMIN permits to load a filter, so init keeps it until "
         "then; the filter must allow this call and execve(2), and nothing else of init"}},
    Row{Kind::drop_capabilities,
        {"drop_capabilities", "capget(2), capset(2)",
         "init gives up each capability as soon as no later step needs it"}},
};

constexpr bool in_order() {
    if (kRows.size() != static_cast<std::size_t>(Kind::count_)) return false;
    for (std::size_t index = 0; index < kRows.size(); ++index)
        if (static_cast<std::size_t>(kRows[index].kind) != index) return false;
    return true;
}
static_assert(in_order(), "a row for each kind, in the layout's order");

}  // namespace

const StepInfo& step_info(Kind kind) {
    return kRows[static_cast<std::size_t>(kind)].words;
}

}  // namespace crux::plan
