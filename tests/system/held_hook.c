// A hook that can be killed and not be reaped. A process in another process group traces a thread
// of it and does not wait for it (ptrace(2), "Death under ptrace"). If it is the first thread, the
// process ends, and its parent cannot reap it before the tracer has. If it is another thread, the
// process does not end.
//
// usage: held_hook first|second FILE   writes the tracer's process ID into the file

#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

static int ready[2];

static void* wait_in_thread(void* nothing) {
    pid_t tid = gettid();
    if (write(ready[1], &tid, sizeof tid) != sizeof tid) _exit(1);
    for (;;) pause();
    return nothing;
}

static void trace(pid_t tid) {
    setsid();
    if (ptrace(PTRACE_SEIZE, tid, 0, 0) != 0) _exit(1);
    for (;;) pause();
}

int main(int count, char** words) {
    pthread_t thread;
    pid_t tid = 0;
    if (count != 3 || pipe(ready) != 0) return 1;
    if (pthread_create(&thread, NULL, wait_in_thread, NULL) != 0) return 1;
    if (read(ready[0], &tid, sizeof tid) != sizeof tid) return 1;
    pid_t tracer = fork();
    if (tracer < 0) return 1;
    if (tracer == 0) trace(strcmp(words[1], "first") == 0 ? getppid() : tid);
    FILE* file = fopen(words[2], "w");
    if (file == NULL || fprintf(file, "%d", tracer) < 0 || fclose(file) != 0) return 1;
    for (;;) pause();
}
