// Runs a command of crux and lets one of its system calls fail, or be the last one:
//
//     crux-test-injector [--attach PID] [--list FILE] [--inject ROLE:CALL:NUMBER:FAULT] -- COMMAND…
//
// ROLE: "crux" is the command itself; "init" is the container's init until it executes the
// program; "child" is each process that one of these two makes, until it executes something.
// NUMBER counts the calls of this name in this role; "5+" means the
// fifth and all that follow. FAULT is "error=ERRNO" (a number)
// for a call that is not made, "after=ERRNO" for one that is made all the same, or "kill".
// --attach makes an existing init part of it. --list writes each call: "ROLE CALL NUMBER RESULT
// TEXT". Ends with the command's exit status or signal, but not before a traced init waits for
// start. strace cannot do this: it counts the calls of each process, without their roles.

#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <linux/ptrace.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

// <sys/ptrace.h> and <linux/ptrace.h> exclude each other.
long ptrace(int request, ...);

enum { kMostCalls = 1024, kMostTracees = 256, kTextBytes = 80 };
// kNone: this program itself, before it executes the command.
enum Role { kCrux, kInit, kChild, kNone, kRoles };
static const char* const role_names[kRoles] = {"crux", "init", "child", "none"};

struct Tracee {
    int pid;
    enum Role role;
    int call;  // the one it is in; -1: none
    int number;
    int inject;  // the errno with which the present call ends
    char text[kTextBytes];
};

static struct Tracee tracees[kMostTracees];
static int counts[kRoles][kMostCalls];
static int main_pid;
static int main_status = -1;
static FILE* list;
static struct {
    enum Role role;
    int call;
    int number;
    int lasts;    // the calls after it as well
    int error;    // 0: kill
    int is_made;  // the call is executed, and its result is replaced
} fault = {.call = -1};

static void die(const char* what) {
    fprintf(stderr, "crux-test-injector: %s: %s\n", what, strerror(errno));
    exit(125);
}

static struct Tracee* find(int pid) {
    struct Tracee* unused = NULL;
    for (int i = 0; i < kMostTracees; ++i) {
        if (tracees[i].pid == pid) return &tracees[i];
        if (tracees[i].pid == 0 && unused == NULL) unused = &tracees[i];
    }
    if (unused == NULL) die("too many processes");
    *unused = (struct Tracee){.pid = pid, .role = kChild, .call = -1};
    return unused;
}

static void go(struct Tracee* tracee, int signal) {
    ptrace(PTRACE_SYSCALL, tracee->pid, NULL, (long)signal);
}

static void let_go(struct Tracee* tracee) {
    ptrace(PTRACE_DETACH, tracee->pid, NULL, NULL);
    tracee->pid = 0;
}

// Makes the kernel skip the call that is about to be executed.
static void skip_call(int pid) {
#if defined(__x86_64__)
    ptrace(PTRACE_POKEUSR, pid, (void*)offsetof(struct user_regs_struct, orig_rax), -1L);
#elif defined(__aarch64__)
    int none = -1;
    struct iovec part = {&none, sizeof none};
    ptrace(PTRACE_SETREGSET, pid, (void*)NT_ARM_SYSTEM_CALL, &part);
#else
    struct user_regs_struct registers;
    struct iovec part = {&registers, sizeof registers};
    ptrace(PTRACE_GETREGSET, pid, (void*)NT_PRSTATUS, &part);
    registers.a7 = (unsigned long)-1;
    ptrace(PTRACE_SETREGSET, pid, (void*)NT_PRSTATUS, &part);
#endif
}

static void set_result(int pid, long result) {
    struct user_regs_struct registers;
    struct iovec part = {&registers, sizeof registers};
    if (ptrace(PTRACE_GETREGSET, pid, (void*)NT_PRSTATUS, &part) != 0) return;
#if defined(__x86_64__)
    registers.rax = (unsigned long long)result;
#elif defined(__aarch64__)
    registers.regs[0] = (unsigned long long)result;
#else
    registers.a0 = (unsigned long)result;
#endif
    ptrace(PTRACE_SETREGSET, pid, (void*)NT_PRSTATUS, &part);
}

// On every architecture; libseccomp 2.5 does not know it.
enum { kListModules = 461 };

static const char* name_of(int call, char* space) {
    char* known = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);
    if (known != NULL)
        snprintf(space, 32, "%s", known);
    else if (call == kListModules)
        snprintf(space, 32, "lsm_list_modules");
    else
        snprintf(space, 32, "call_%d", call);
    free(known);
    return space;
}

// The index of the argument that is a path, or another text of which a report is easier to read.
static int text_argument(const char* name) {
    static const struct {
        const char* name;
        int index;
    } all[] = {
        {"openat", 1},     {"openat2", 1},      {"mkdirat", 1},       {"unlinkat", 1},
        {"readlinkat", 1}, {"newfstatat", 1},   {"fstatat64", 1},     {"statx", 1},
        {"mount", 1},      {"umount2", 0},      {"fsopen", 0},        {"fsconfig", 2},
        {"open_tree", 1},  {"fspick", 1},       {"symlinkat", 0},     {"mknodat", 1},
        {"renameat2", 1},  {"execve", 0},       {"execveat", 1},      {"write", 1},
        {"fchownat", 1},   {"move_mount", 3},   {"mount_setattr", 1}, {"access", 0},
        {"readlink", 0},   {"memfd_create", 0}, {"statfs", 0},        {"faccessat", 1},
        {"faccessat2", 1}, {"chdir", 0},        {"fgetxattr", 1},
    };
    for (unsigned i = 0; i < sizeof all / sizeof *all; ++i)
        if (strcmp(all[i].name, name) == 0) return all[i].index;
    return -1;
}

static void read_text(struct Tracee* tracee, const struct ptrace_syscall_info* info,
                      const char* name) {
    tracee->text[0] = 0;
    const int index = text_argument(name);
    if (index < 0) return;
    const unsigned long from = (unsigned long)info->entry.args[index];
    size_t most = sizeof tracee->text - 1;
    if (strcmp(name, "write") == 0 && info->entry.args[2] < most) most = info->entry.args[2];
    // Up to the end of a page: the next one may not exist.
    const size_t page = 4096 - from % 4096;
    if (most > page) most = page;
    struct iovec local = {tracee->text, most};
    struct iovec remote = {(void*)from, most};
    const ssize_t got = process_vm_readv(tracee->pid, &local, 1, &remote, 1, 0);
    tracee->text[got > 0 ? got : 0] = 0;
    for (char* at = tracee->text; *at != 0; ++at)
        if (*at < ' ' || *at > '~') *at = '.';
}

static void report(const struct Tracee* tracee, long result) {
    char space[32];
    if (list == NULL || tracee->call < 0 || tracee->role == kNone) return;
    fprintf(list, "%s %s %d %ld %s\n", role_names[tracee->role], name_of(tracee->call, space),
            tracee->number, result, tracee->text);
}

static void enter(struct Tracee* tracee, const struct ptrace_syscall_info* info) {
    char space[32];
    tracee->call = (int)info->entry.nr;
    tracee->inject = 0;
    if (tracee->call < 0 || tracee->call >= kMostCalls) return;
    tracee->number = ++counts[tracee->role][tracee->call];
    if (list != NULL) read_text(tracee, info, name_of(tracee->call, space));
    if (tracee->role != fault.role || tracee->call != fault.call) return;
    if (fault.lasts ? tracee->number < fault.number : tracee->number != fault.number) return;
    if (fault.error == 0) {
        kill(tracee->pid, SIGKILL);
        return;
    }
    tracee->inject = fault.error;
    if (!fault.is_made) skip_call(tracee->pid);
}

static void leave(struct Tracee* tracee, const struct ptrace_syscall_info* info) {
    long result = (long)info->exit.rval;
    if (tracee->inject != 0) {
        result = -tracee->inject;
        set_result(tracee->pid, result);
    }
    report(tracee, result);
    tracee->call = -1;
    tracee->inject = 0;
}

static int is_init(int pid) {
    char path[64];
    char exe[256];
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    const ssize_t length = readlink(path, exe, sizeof exe - 1);
    exe[length > 0 ? length : 0] = 0;
    return strstr(exe, "crux-init") != NULL;
}

static void on_exec(struct Tracee* tracee) {
    tracee->call = -1;
    if (tracee->role == kNone)
        tracee->role = kCrux;
    else if (tracee->role == kChild && is_init(tracee->pid))
        tracee->role = kInit;
    else {
        let_go(tracee);
        return;
    }
    go(tracee, 0);
}

static void on_call(struct Tracee* tracee) {
    struct ptrace_syscall_info info;
    memset(&info, 0, sizeof info);
    if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, (void*)sizeof info, &info) > 0) {
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
            enter(tracee, &info);
        else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
            leave(tracee, &info);
    }
    go(tracee, 0);
}

static void on_stop(struct Tracee* tracee, int status) {
    const int signal = WSTOPSIG(status);
    switch (status >> 16) {
        case PTRACE_EVENT_EXEC:
            on_exec(tracee);
            return;
        case PTRACE_EVENT_FORK:
        case PTRACE_EVENT_VFORK:
        case PTRACE_EVENT_CLONE:
            go(tracee, 0);
            return;
        case PTRACE_EVENT_STOP:
            // A new process, or one that a signal has stopped.
            if (signal == SIGTRAP)
                go(tracee, 0);
            else
                ptrace(PTRACE_LISTEN, tracee->pid, NULL, NULL);
            return;
        default:
            break;
    }
    if (signal == (SIGTRAP | 0x80))
        on_call(tracee);
    else
        go(tracee, signal);
}

// Whether a traced process still has something to do after the command's end.
static int is_busy(void) {
    char space[32];
    for (int i = 0; i < kMostTracees; ++i) {
        const struct Tracee* tracee = &tracees[i];
        if (tracee->pid == 0) continue;
        if (tracee->role != kInit || tracee->call < 0) return 1;
        // At the barrier between create and start.
        if (strcmp(name_of(tracee->call, space), "ppoll") != 0) return 1;
    }
    return 0;
}

static void trace_all(void) {
    while (main_status < 0 || is_busy()) {
        int status = 0;
        const int pid = waitpid(-1, &status, __WALL);
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) break;
        struct Tracee* tracee = find(pid);
        if (WIFSTOPPED(status)) {
            on_stop(tracee, status);
            continue;
        }
        report(tracee, 0);
        tracee->pid = 0;
        if (pid == main_pid) main_status = status;
    }
}

static const long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK |
                             PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;

static void seize(int pid, enum Role role) {
    if (ptrace(PTRACE_SEIZE, pid, NULL, (void*)kOptions) != 0) die("attach");
    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
    struct Tracee* tracee = find(pid);
    tracee->role = role;
}

static void start(char** command) {
    int ready[2];
    if (pipe(ready) != 0) die("pipe");
    main_pid = fork();
    if (main_pid < 0) die("fork");
    if (main_pid == 0) {
        char go_on = 0;
        close(ready[1]);
        if (read(ready[0], &go_on, 1) != 1) _exit(125);
        close(ready[0]);
        execvp(command[0], command);
        fprintf(stderr, "%s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
    close(ready[0]);
    seize(main_pid, kNone);
    if (write(ready[1], "", 1) != 1) die("write");
    close(ready[1]);
}

static void read_fault(char* text) {
    const char* role = strtok(text, ":");
    const char* call = strtok(NULL, ":");
    const char* number = strtok(NULL, ":");
    const char* action = strtok(NULL, ":");
    errno = EINVAL;
    if (action == NULL) die("--inject");
    for (fault.role = kCrux; fault.role < kNone; ++fault.role)
        if (strcmp(role_names[fault.role], role) == 0) break;
    if (strcmp(call, "lsm_list_modules") == 0)
        fault.call = kListModules;
    else if (strncmp(call, "call_", 5) == 0)
        fault.call = atoi(call + 5);
    else
        fault.call = seccomp_syscall_resolve_name(call);
    fault.number = atoi(number);
    fault.lasts = strchr(number, '+') != NULL;
    fault.is_made = strncmp(action, "after=", 6) == 0;
    if (fault.is_made || strncmp(action, "error=", 6) == 0) fault.error = atoi(action + 6);
    if (fault.error == 0 && strcmp(action, "kill") != 0) die("--inject");
    if (fault.role == kNone || fault.call < 0 || fault.number < 1) die("--inject");
}

static int end_as_command(void) {
    if (list != NULL) fclose(list);
    if (WIFEXITED(main_status)) return WEXITSTATUS(main_status);
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(WTERMSIG(main_status), SIG_DFL);
    raise(WTERMSIG(main_status));
    return 125;
}

int main(int argc, char** argv) {
    int attached = 0;
    int i = 1;
    for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
        if (strcmp(argv[i], "--attach") == 0) {
            attached = atoi(argv[i + 1]);
        } else if (strcmp(argv[i], "--list") == 0) {
            list = fopen(argv[i + 1], "we");
            if (list == NULL) die(argv[i + 1]);
        } else if (strcmp(argv[i], "--inject") == 0) {
            read_fault(argv[i + 1]);
        }
    }
    if (i + 1 >= argc) {
        fprintf(stderr,
                "usage: crux-test-injector [--attach PID] [--list FILE] "
                "[--inject ROLE:CALL:NUMBER:FAULT] -- COMMAND...\n");
        return 125;
    }
    start(argv + i + 1);
    if (attached != 0) seize(attached, kInit);
    trace_all();
    return end_as_command();
}
