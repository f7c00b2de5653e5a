#include "runtime/plan/step_info.h"

#include <array>
#include <cstddef>

namespace crux::plan {

namespace {

struct Row {
    Kind kind;
    StepInfo words;
};

/// In the order of the layout.
constexpr std::array kRows = {
    Row{Kind::session,
        {"session", "setsid(2)",
         "signals of the caller's terminal and job control must not reach the container"}},
    Row{Kind::enter_cgroup,
        {"enter_cgroup", "cgroups(7), version 1: \"0\" written to tasks",
         "everything from here on is counted and limited; a process that moves itself need not "
         "wait "
         "for the kernel's global lock (Linux 5.5)"}},
    Row{Kind::join_namespace,
        {"join_namespace", "setns(2)",
         "the container shares this namespace with others, as containers of a pod do"}},
    Row{Kind::join_container,
        {"join_container", "setns(2) with a pidfd, Linux 5.8",
         "all namespaces of the container's first process are entered in one call; a pidfd cannot "
         "come to mean another process, as /proc/PID could"}},
    Row{Kind::new_namespace,
        {"new_namespace", "unshare(2)",
         "the top of a cgroup namespace is the cgroup in which its maker stands, so it is made "
         "after the cgroup was entered"}},
    Row{Kind::time_offsets,
        {"time_offsets", "time_namespaces(7), Linux 5.6",
         "the container's monotonic and boot clocks start where the configuration says; they can "
         "be set only while nobody lives in the namespace"}},
    Row{Kind::loopback_up,
        {"loopback_up", "netdevice(7), SIOCSIFFLAGS",
         "a new network namespace has a loopback device that is down, and programs expect "
         "127.0.0.1 to answer"}},
    Row{Kind::propagation,
        {"propagation", "mount_setattr(2), Linux 5.12, or mount(2)",
         "a new mount namespace starts as a copy whose mounts still tell the host of changes; "
         "before the first mount that is cut off"}},
    Row{Kind::root,
        {"root", "open_tree(2), move_mount(2), Linux 5.2",
         "one descriptor of the root is held from here on, and every path of the container is "
         "resolved below it; pivot_root wants a mount, so the directory becomes one"}},
    Row{Kind::mount,
        {"mount", "fsopen(2), fsconfig(2), fsmount(2), move_mount(2), Linux 5.2; openat2(2)",
         "the file system is made and gets all its attributes while it is attached nowhere, then "
         "it is attached to a target that cannot lie outside the root"}},
    Row{Kind::bind,
        {"bind", "open_tree(2), mount_setattr(2), move_mount(2), Linux 5.12; openat2(2)",
         "a directory or file of the host is shown inside the container; the copy of the mount "
         "gets its attributes before anybody can see it"}},
    Row{Kind::attributes,
        {"attributes", "mount_setattr(2), Linux 5.12",
         "some attributes can only be set when all that had to be made in the mount is there"}},
    Row{Kind::node,
        {"node", "mknodat(2); in a user namespace open_tree(2) and move_mount(2)",
         "programs expect the usual devices in /dev; which ones may be opened is up to the "
         "cgroup's device rules"}},
    Row{Kind::link,
        {"link", "symlinkat(2)",
         "names that programs expect beside the devices and controllers themselves"}},
    Row{Kind::console,
        {"console", "devpts: /dev/pts/ptmx, ioctl_tty(2), TIOCGPTPEER, Linux 4.13",
         "the terminal comes from the container's own devpts, and is no link that the image could "
         "have laid"}},
    Row{Kind::mask,
        {"mask", "open_tree(2), move_mount(2) of the host's /dev/null or of an empty tmpfs",
         "kernel files that tell of the whole host are covered; where there is none, nothing is "
         "done"}},
    Row{Kind::read_only,
        {"read_only", "open_tree(2), mount_setattr(2), move_mount(2)",
         "kernel files that change the whole host can be read only"}},
    Row{Kind::ask_parent,
        {"ask_parent", "unix(7), SOCK_SEQPACKET",
         "only the runtime on the host has the rights, or stands in the right place, for this; "
         "init waits for its answer"}},
    Row{Kind::hook,
        {"hook", "clone3(2), execve(2)",
         "a program that the configuration wants run at this point of the life cycle; the state "
         "of the container is its standard input"}},
    Row{Kind::enter_root,
        {"enter_root", "pivot_root(2), umount2(2), or chroot(2)",
         "the container's root becomes /; with the old tree unmounted, no path leads back to the "
         "host"}},
    Row{Kind::sysctl,
        {"sysctl", "proc(5), /proc/sys, on a procfs that is mounted nowhere",
         "a kernel parameter that belongs to one of the container's own namespaces"}},
    Row{Kind::host_name,
        {"host_name", "sethostname(2), uts_namespaces(7)",
         "the UTS namespace gives the container a name of its own"}},
    Row{Kind::domain_name,
        {"domain_name", "setdomainname(2), uts_namespaces(7)",
         "the UTS namespace has a NIS domain name too"}},
    Row{Kind::keyring,
        {"keyring", "keyctl(2), session-keyring(7)",
         "the container must not find the keys of whoever started it"}},
    Row{Kind::oom_score,
        {"oom_score", "proc(5), oom_score_adj",
         "how likely the kernel is to kill the container when memory runs out"}},
    Row{Kind::resource_limit, {"resource_limit", "setrlimit(2)", "a limit of each process"}},
    Row{Kind::affinity,
        {"affinity", "sched_setaffinity(2)",
         "which CPUs the caller was bound to is no matter of the container; the cpuset of its "
         "cgroup decides"}},
    Row{Kind::scheduler,
        {"scheduler", "sched_setattr(2), sched(7)", "how the kernel shares out CPU time"}},
    Row{Kind::io_priority, {"io_priority", "ioprio_set(2)", "how the kernel shares out the disks"}},
    Row{Kind::personality,
        {"personality", "personality(2)", "what uname(2) tells 32-bit programs"}},
    Row{Kind::memory_policy,
        {"memory_policy", "set_mempolicy(2)", "on which NUMA nodes memory is allocated"}},
    Row{Kind::core_scheduling,
        {"core_scheduling", "prctl(2), PR_SCHED_CORE, Linux 5.14",
         "no other container runs on the sibling of its CPU at the same time"}},
    Row{Kind::label,
        {"label", "proc(5), /proc/self/attr",
         "the security module confines the program from exec on"}},
    Row{Kind::landlock,
        {"landlock", "landlock(7), Linux 5.13",
         "only these files may be used, whatever the rights"}},
    Row{Kind::own_stdio,
        {"own_stdio", "fchown(2)",
         "the program must be able to open /dev/stdin, /dev/stdout and /dev/stderr again as its "
         "own user"}},
    Row{Kind::bounding_set,
        {"bounding_set", "prctl(2), PR_CAPBSET_DROP, capabilities(7)",
         "what is dropped here no program of the container can get back, not by a set-user-ID file "
         "either"}},
    Row{Kind::no_new_privileges,
        {"no_new_privileges", "prctl(2), PR_SET_NO_NEW_PRIVS",
         "exec never adds rights: set-user-ID bits and file capabilities have no effect"}},
    Row{Kind::seccomp,
        {"seccomp", "seccomp(2), SECCOMP_SET_MODE_FILTER",
         "system calls that the container does not need are refused before the kernel looks at "
         "them"}},
    Row{Kind::user,
        {"user", "setgroups(2), setresgid(2), setresuid(2), PR_SET_KEEPCAPS",
         "the program runs as this user; the capabilities are kept over the change, for the next "
         "step to set exactly"}},
    Row{Kind::capabilities,
        {"capabilities", "capset(2), prctl(2), PR_CAP_AMBIENT, capabilities(7)",
         "root's power comes in pieces, and the container gets those alone that it was given"}},
    Row{Kind::umask, {"umask", "umask(2)", "which permissions new files do not get"}},
    Row{Kind::working_directory,
        {"working_directory", "chdir(2), getcwd(2)",
         "where the program starts; the answer of getcwd proves that it is inside the root"}},
    Row{Kind::find_program,
        {"find_program", "statx(2), faccessat(2)",
         "a program that is missing or may not be run fails create already, not start"}},
    Row{Kind::verify,
        {"verify", "capget(2), prctl(2)",
         "what protects the host is read back before any code of the container runs"}},
    Row{Kind::ready,
        {"ready", "unix(7), SOCK_SEQPACKET", "the container counts as created from here on"}},
    Row{Kind::barrier,
        {"barrier", "fifo(7)",
         "create and start are two commands; the container waits here, fully made, for the "
         "second"}},
    Row{Kind::exec, {"exec", "execve(2)", "the program takes init's place"}},
    Row{Kind::directory,
        {"directory", "mkdirat(2), openat2(2)",
         "the working directory may be missing in the image, and the root may soon be read-only"}},
    Row{Kind::prepare,
        {"prepare", "umask(2); close_range(2), Linux 5.9",
         "no descriptor of the host's outlives exec; after this, exec itself is the only call left "
         "that a filter has to allow"}},
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
