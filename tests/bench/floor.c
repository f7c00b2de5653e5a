// The floor: the time that the kernel alone takes for the container that `runc spec` describes.
//
// Hard-coded and without a C library: no JSON, no state, no error paths. It makes one clone with
// five namespaces, the seven mounts, six device nodes and their links, ten masked and five
// read-only paths, pivot_root, the capabilities, no_new_privs, exec of /bin/true, the wait, and the
// removal of the cgroup. Run it in a bundle directory that holds rootfs/:
//
//     floor v1      works on the cgroup v1 hierarchies below /sys/fs/cgroup
//     floor v2      works on cgroup v2 at /sys/fs/cgroup
//     floor none    makes no cgroup
//
// On v1 the child moves itself ("0" to `tasks`): a single thread that moves itself takes no global
// lock, where a pid written to cgroup.procs waits for an RCU grace period (7 to 20 ms) on a host
// that made no such move just before.
//
// This is the straightforward sequence of calls, not a lower bound: a second core, fewer calls or
// detached mount trees can be faster.

#include <asm/unistd.h>
#include <linux/sched.h>
#define SYS(n, a, b, c, d, e)                                                               \
    ({                                                                                      \
        long r_;                                                                            \
        register long d_ __asm__("r10") = (long)(d);                                        \
        register long e_ __asm__("r8") = (long)(e);                                         \
        __asm__ volatile("syscall"                                                          \
                         : "=a"(r_)                                                         \
                         : "a"(n), "D"((long)(a)), "S"((long)(b)), "d"((long)(c)), "r"(d_), \
                           "r"(e_)                                                          \
                         : "rcx", "r11", "memory");                                         \
        r_;                                                                                 \
    })
#define MOUNT(s, t, f, fl, o) SYS(__NR_mount, s, t, f, fl, o)
enum {
    RDONLY = 1,
    NOSUID = 2,
    NODEV = 4,
    NOEXEC = 8,
    REMOUNT = 32,
    BIND = 4096,
    REC = 16384,
    PRIVATE = 1 << 18,
    SLAVE = 1 << 19,
    RELATIME = 1 << 21,
    STRICTATIME = 1 << 24
};
static unsigned long len(const char* s) {
    unsigned long n = 0;
    while (s[n]) n++;
    return n;
}
static char* cat3(char* o, const char* a, const char* b, const char* c) {
    char* p = o;
    while (*a) *p++ = *a++;
    while (*b) *p++ = *b++;
    while (*c) *p++ = *c++;
    *p = 0;
    return o;
}
static void put(const char* path, const char* v) {
    long f = SYS(__NR_open, path, 1, 0, 0, 0);
    if (f >= 0) {
        SYS(__NR_write, f, v, len(v), 0, 0);
        SYS(__NR_close, f, 0, 0, 0, 0);
    }
}
static const char* const v1[] = {"cpu",     "cpuacct", "cpuset", "memory", "devices",
                                 "freezer", "blkio",   "pids",   "systemd"};
static const struct {
    const char* n;
    int ma, mi;
} nodes[] = {{"dev/null", 1, 3}, {"dev/zero", 1, 5},   {"dev/full", 1, 7},
             {"dev/tty", 5, 0},  {"dev/random", 1, 8}, {"dev/urandom", 1, 9}};
static const char* const masked[] = {
    "proc/acpi",       "proc/asound",      "proc/kcore",       "proc/keys",    "proc/latency_stats",
    "proc/timer_list", "proc/timer_stats", "proc/sched_debug", "sys/firmware", "proc/scsi"};
static const char* const ro[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys",
                                 "proc/sysrq-trigger"};
struct caph {
    unsigned v;
    int pid;
};
struct capd {
    unsigned e, p, i;
};
static int v;
static int go[2], ready[2];
static void child(void) {
    char b[128];
    SYS(__NR_setsid, 0, 0, 0, 0, 0);
    if (v == 1)
        for (unsigned i = 0; i < 9; i++) {
            cat3(b, "/sys/fs/cgroup/", v1[i], "/floor-yard/tasks");
            put(b, "0");
        }
    MOUNT(0, "/", 0, REC | SLAVE, 0);
    MOUNT("rootfs", "rootfs", 0, BIND | REC, 0);
    SYS(__NR_chdir, "rootfs", 0, 0, 0, 0);
    MOUNT("proc", "proc", "proc", 0, 0);
    MOUNT("tmpfs", "dev", "tmpfs", NOSUID | STRICTATIME, "mode=755,size=65536k");
    SYS(__NR_mkdir, "dev/pts", 0755, 0, 0, 0);
    MOUNT("devpts", "dev/pts", "devpts", NOSUID | NOEXEC,
          "newinstance,ptmxmode=0666,mode=0620,gid=5");
    SYS(__NR_mkdir, "dev/shm", 0755, 0, 0, 0);
    MOUNT("shm", "dev/shm", "tmpfs", NOSUID | NOEXEC | NODEV, "mode=1777,size=65536k");
    SYS(__NR_mkdir, "dev/mqueue", 0755, 0, 0, 0);
    MOUNT("mqueue", "dev/mqueue", "mqueue", NOSUID | NOEXEC | NODEV, 0);
    MOUNT("sysfs", "sys", "sysfs", NOSUID | NOEXEC | NODEV | RDONLY, 0);
    if (v == 2) {
        MOUNT("cgroup", "sys/fs/cgroup", "cgroup2", NOSUID | NOEXEC | NODEV | RELATIME | RDONLY, 0);
    } else {
        MOUNT("tmpfs", "sys/fs/cgroup", "tmpfs", NOSUID | NOEXEC | NODEV, "mode=755");
        for (unsigned i = 0; i < 9; i++) {
            cat3(b, "sys/fs/cgroup/", v1[i], "");
            SYS(__NR_mkdir, b, 0755, 0, 0, 0);
            char s[160];
            cat3(s, "/sys/fs/cgroup/", v1[i], "/floor-yard");
            MOUNT(s, b, 0, BIND | REC, 0);
            MOUNT(0, b, 0, BIND | REMOUNT | RDONLY | NOSUID | NODEV | NOEXEC, 0);
        }
        MOUNT(0, "sys/fs/cgroup", 0, REMOUNT | RDONLY | NOSUID | NOEXEC | NODEV, "mode=755");
    }
    for (unsigned i = 0; i < 6; i++)
        SYS(__NR_mknod, nodes[i].n, 0020666, nodes[i].ma << 8 | nodes[i].mi, 0, 0);
    SYS(__NR_symlink, "/proc/self/fd", "dev/fd", 0, 0, 0);
    SYS(__NR_symlink, "/proc/self/fd/0", "dev/stdin", 0, 0, 0);
    SYS(__NR_symlink, "/proc/self/fd/1", "dev/stdout", 0, 0, 0);
    SYS(__NR_symlink, "/proc/self/fd/2", "dev/stderr", 0, 0, 0);
    SYS(__NR_symlink, "pts/ptmx", "dev/ptmx", 0, 0, 0);
    SYS(__NR_pivot_root, ".", ".", 0, 0, 0);
    SYS(__NR_umount2, ".", 2, 0, 0, 0);
    SYS(__NR_chdir, "/", 0, 0, 0, 0);
    SYS(__NR_sethostname, "floor", 5, 0, 0, 0);
    for (unsigned i = 0; i < 10; i++) {
        cat3(b, "/", masked[i], "");
        if (MOUNT("/dev/null", b, 0, BIND, 0) == -20) MOUNT("tmpfs", b, "tmpfs", RDONLY, 0);
    }
    for (unsigned i = 0; i < 5; i++) {
        cat3(b, "/", ro[i], "");
        MOUNT(b, b, 0, BIND | REC, 0);
        MOUNT(b, b, 0, BIND | REC | REMOUNT | RDONLY | NOSUID | NODEV | NOEXEC, 0);
    }
    MOUNT(0, "/", 0, BIND | REMOUNT | RDONLY, 0);
    for (int c = 0; c <= 40; c++)
        if (c != 29 && c != 5 && c != 10) SYS(__NR_prctl, 24, c, 0, 0, 0);
    struct caph h = {0x20080522, 0};
    unsigned m = 1u << 29 | 1u << 5 | 1u << 10;
    struct capd d[2] = {{m, m, m}, {0, 0, 0}};
    SYS(__NR_capset, &h, d, 0, 0, 0);
    SYS(__NR_prctl, 38, 1, 0, 0, 0);
    char x;
    SYS(__NR_write, ready[1], "r", 1, 0, 0);
    SYS(__NR_read, go[0], &x, 1, 0, 0);
    SYS(__NR_close_range, 3, ~0u, 0, 0, 0);
    char *av[] = {"/bin/true", 0}, *ev[] = {"PATH=/bin", 0};
    SYS(__NR_execve, av[0], av, ev, 0, 0);
    SYS(__NR_exit_group, 127, 0, 0, 0, 0);
}
__attribute__((used)) static void run(long* sp) {
    char** av = (char**)(sp + 1);
    char b[160], pid[24];
    v = sp[0] > 1 ? av[1][1] == '1' ? 1 : av[1][1] == '2' ? 2 : 0 : 0;
    SYS(__NR_pipe2, go, 02000000, 0, 0, 0);
    SYS(__NR_pipe2, ready, 02000000, 0, 0, 0);
    if (v == 1)
        for (unsigned i = 0; i < 9; i++) {
            cat3(b, "/sys/fs/cgroup/", v1[i], "/floor-yard");
            SYS(__NR_mkdir, b, 0755, 0, 0, 0);
        }
    if (v == 2) SYS(__NR_mkdir, "/sys/fs/cgroup/floor-yard", 0755, 0, 0, 0);
    if (v == 1) {
        put("/sys/fs/cgroup/cpuset/floor-yard/cpuset.cpus", "0-1");
        put("/sys/fs/cgroup/cpuset/floor-yard/cpuset.mems", "0");
        put("/sys/fs/cgroup/devices/floor-yard/devices.deny", "a");
        static const char* const allow[] = {"c *:* m",   "b *:* m",    "c 1:3 rwm", "c 1:5 rwm",
                                            "c 1:7 rwm", "c 1:8 rwm",  "c 1:9 rwm", "c 5:0 rwm",
                                            "c 5:2 rwm", "c 136:* rwm"};
        for (unsigned i = 0; i < 10; i++)
            put("/sys/fs/cgroup/devices/floor-yard/devices.allow", allow[i]);
    }
    struct clone_args a = {
        .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC,
        .exit_signal = 17};
    long p = SYS(__NR_clone3, &a, sizeof a, 0, 0, 0);
    if (!p) child();
    char* q = pid + 23;
    *q = 0;
    long n = p;
    do {
        *--q = '0' + n % 10;
        n /= 10;
    } while (n);
    if (v == 2) put("/sys/fs/cgroup/floor-yard/cgroup.procs", q);
    char x;
    SYS(__NR_read, ready[0], &x, 1, 0, 0);
    SYS(__NR_write, go[1], "g", 1, 0, 0);
    int st = 0;
    SYS(__NR_wait4, p, &st, 0, 0, 0);
    if (v == 1)
        for (unsigned i = 0; i < 9; i++) {
            cat3(b, "/sys/fs/cgroup/", v1[i], "/floor-yard");
            SYS(__NR_rmdir, b, 0, 0, 0, 0);
        }
    if (v == 2) SYS(__NR_rmdir, "/sys/fs/cgroup/floor-yard", 0, 0, 0, 0);
    SYS(__NR_exit_group, st >> 8 & 255, 0, 0, 0, 0);
}
__asm__(".globl _start\n_start: mov %rsp,%rdi\n and $-16,%rsp\n call run\n");
