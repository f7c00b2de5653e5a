// Prints what a process has from the process that executed it, or sets all of it and executes a
// command.
//
// usage: inherit show             NAME VALUE, a line for each
//        inherit set COMMAND…

#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

enum { kJoinSession = 1, kDescribe = 6, kSessionRing = -3, kPreferred = 1 };

static const char* const kLimits[RLIM_NLIMITS] = {
    [RLIMIT_AS] = "as",
    [RLIMIT_CORE] = "core",
    [RLIMIT_CPU] = "cpu",
    [RLIMIT_DATA] = "data",
    [RLIMIT_FSIZE] = "fsize",
    [RLIMIT_LOCKS] = "locks",
    [RLIMIT_MEMLOCK] = "memlock",
    [RLIMIT_MSGQUEUE] = "msgqueue",
    [RLIMIT_NICE] = "nice",
    [RLIMIT_NOFILE] = "nofile",
    [RLIMIT_NPROC] = "nproc",
    [RLIMIT_RSS] = "rss",
    [RLIMIT_RTPRIO] = "rtprio",
    [RLIMIT_RTTIME] = "rttime",
    [RLIMIT_SIGPENDING] = "sigpending",
    [RLIMIT_STACK] = "stack",
};

static void must(long result, const char* what) {
    if (result >= 0) return;
    perror(what);
    exit(125);
}

static void put_file(const char* path, const char* text) {
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    must(file, path);
    must(write(file, text, strlen(text)), path);
    close(file);
}

static void show_file(const char* name, const char* path) {
    char text[64] = "";
    FILE* file = fopen(path, "re");
    if (file == NULL || fgets(text, sizeof text, file) == NULL) strcpy(text, "?");
    if (file != NULL) fclose(file);
    text[strcspn(text, "\n")] = 0;
    printf("%s %s\n", name, text);
}

/// The lines of /proc/self/status that the kernel keeps over execve(2).
static void show_status(void) {
    static const char* const names[] = {"SigBlk",  "SigIgn",      "SigCgt", "CapInh", "CapPrm",
                                        "CapEff",  "CapBnd",      "CapAmb", "Groups", "NoNewPrivs",
                                        "Seccomp", "THP_enabled", NULL};
    char line[4096];
    FILE* file = fopen("/proc/self/status", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        for (const char* const* name = names; *name != NULL; ++name) {
            const size_t length = strlen(*name);
            if (strncmp(line, *name, length) != 0 || line[length] != ':') continue;
            line[strcspn(line, "\n")] = 0;
            const char* value = line + length + 1;
            printf("%s %s\n", *name, value + strspn(value, "\t "));
        }
    if (file != NULL) fclose(file);
}

static void show_limits(void) {
    for (int each = 0; each < RLIM_NLIMITS; ++each) {
        struct rlimit limit;
        getrlimit(each, &limit);
        printf("rlimit-%s %ld %ld\n", kLimits[each], (long)limit.rlim_cur, (long)limit.rlim_max);
    }
}

static void show_scheduling(void) {
    struct sched_param parameters;
    sched_getparam(0, &parameters);
    printf("nice %d\npolicy %d %d\n", getpriority(PRIO_PROCESS, 0), sched_getscheduler(0),
           parameters.sched_priority);
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    printf("affinity");
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &set)) printf(" %d", cpu);
    int mode = -1;
    syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0);
    printf("\nmemory-policy %d\nio-priority %ld\n", mode,
           syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0));
}

static void show_attributes(void) {
    printf("timer-slack %d\n", prctl(PR_GET_TIMERSLACK));
    printf("thp-disable %d\n", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    printf("memory-merge %d\n", prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0));
    printf("dumpable %d\n", prctl(PR_GET_DUMPABLE));
    printf("securebits %d\n", prctl(PR_GET_SECUREBITS));
    int number = 0;
    prctl(PR_GET_CHILD_SUBREAPER, &number);
    printf("subreaper %d\n", number);
    number = 0;
    prctl(PR_GET_PDEATHSIG, &number);
    printf("parent-death-signal %d\n", number);
    printf("personality %x\n", personality(0xffffffff));
    const mode_t mask = umask(0);
    printf("umask %04o\n", mask);
    stack_t stack;
    sigaltstack(NULL, &stack);
    printf("alternate-stack %d\n", (stack.ss_flags & SS_DISABLE) == 0);
}

static void show_keyring(void) {
    char text[256] = "";
    if (syscall(SYS_keyctl, kDescribe, kSessionRing, text, sizeof text - 1) < 0)
        strcpy(text, "none");
    const char* name = strrchr(text, ';');
    printf("session-keyring %s\n", name == NULL ? text : name + 1);
}

static void show_session(void) {
    printf("session-leader %d\ngroup-leader %d\n", getsid(0) == getpid(), getpgrp() == getpid());
    const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
    printf("controlling-terminal %d\n", terminal >= 0);
    printf("descriptors");
    for (int each = 0; each < 64; ++each)
        if (each != terminal && fcntl(each, F_GETFD) >= 0) printf(" %d", each);
    printf("\n");
}

static int show(void) {
    show_status();
    show_limits();
    show_scheduling();
    show_attributes();
    show_file("coredump-filter", "/proc/self/coredump_filter");
    show_file("oom-score-adj", "/proc/self/oom_score_adj");
    show_keyring();
    show_session();
    return 0;
}

static void set_signals(void) {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void set_limit(int limit, rlim_t soft) {
    struct rlimit values;
    getrlimit(limit, &values);
    values.rlim_cur = soft;
    must(setrlimit(limit, &values), "setrlimit");
}

static int set(char** command) {
    set_signals();
    umask(027);
    must(setpriority(PRIO_PROCESS, 0, 5), "setpriority");
    const struct sched_param parameters = {0};
    must(sched_setscheduler(0, SCHED_BATCH, &parameters), "sched_setscheduler");
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(0, &cpus);
    must(sched_setaffinity(0, sizeof cpus, &cpus), "sched_setaffinity");
    const unsigned long nodes = 1;
    (void)syscall(SYS_set_mempolicy, kPreferred, &nodes, 8 * sizeof nodes);
    must(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 6)),
         "ioprio_set");
    set_limit(RLIMIT_NOFILE, 512);
    set_limit(RLIMIT_CORE, 0);
    must(prctl(PR_SET_TIMERSLACK, 123456UL), "PR_SET_TIMERSLACK");
    must(prctl(PR_SET_THP_DISABLE, 1UL, 0, 0, 0), "PR_SET_THP_DISABLE");
    (void)prctl(PR_SET_MEMORY_MERGE, 1UL, 0, 0, 0);
    must(prctl(PR_SET_CHILD_SUBREAPER, 1UL), "PR_SET_CHILD_SUBREAPER");
    must(prctl(PR_SET_PDEATHSIG, (unsigned long)SIGUSR1), "PR_SET_PDEATHSIG");
    must(personality(ADDR_NO_RANDOMIZE), "personality");
    put_file("/proc/self/coredump_filter", "0x11");
    put_file("/proc/self/oom_score_adj", "77");
    (void)syscall(SYS_keyctl, kJoinSession, "inherit-mark");
    execv(command[0], command);
    perror(command[0]);
    return 125;
}

int main(int count, char** words) {
    if (count == 2 && strcmp(words[1], "show") == 0) return show();
    if (count > 2 && strcmp(words[1], "set") == 0) return set(words + 2);
    fprintf(stderr, "usage: inherit show | inherit set COMMAND...\n");
    return 2;
}
