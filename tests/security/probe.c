// What a container finds while another process exchanges the directories NAME and NAME.other of its
// root: for each NAME in the arguments, prints "won WHAT" if a mount of the container lacks what
// was to be made on it, and "right" at the end. For "copy" it looks at the copied files in /copy,
// whose names were exchanged.

#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { kProc = 0x9fa0, kSys = 0x62656572, kTmpfs = 0x01021994 };

static void won(const char* what) {
    printf("won %s\n", what);
}

static long type_of(int directory) {
    struct statfs status;
    return fstatfs(directory, &status) == 0 ? (long)status.f_type : 0;
}

// Opens both directories until one of them is the mount of this type and the other one is not.
static int open_pair(const char* name, long type, int* other) {
    char second[64];
    snprintf(second, sizeof second, "/%s.other", name);
    for (int i = 0; i < 1000; ++i) {
        int one = openat(AT_FDCWD, name, O_PATH | O_DIRECTORY);
        int two = openat(AT_FDCWD, second, O_PATH | O_DIRECTORY);
        if (type_of(one) == type && type_of(two) != type) {
            *other = two;
            return one;
        }
        if (type_of(two) == type && type_of(one) != type) {
            *other = one;
            return two;
        }
        close(one);
        close(two);
    }
    printf("lost sight of /%s\n", name);
    return -1;
}

static int is_null(int directory, const char* name) {
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return 0;
    return S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

static void check_proc(void) {
    static const char* const masked[] = {"kcore", "keys", "timer_list", "latency_stats"};
    static const char* const read_only[] = {"sys/kernel/core_pattern", "sysrq-trigger"};
    int other;
    int proc = open_pair("proc", kProc, &other);
    if (proc < 0) return;
    for (unsigned i = 0; i < sizeof masked / sizeof *masked; ++i)
        if (faccessat(proc, masked[i], F_OK, 0) == 0 && !is_null(proc, masked[i])) won(masked[i]);
    for (unsigned i = 0; i < sizeof read_only / sizeof *read_only; ++i)
        if (openat(proc, read_only[i], O_WRONLY) >= 0) won(read_only[i]);
}

static void check_sys(void) {
    int other;
    int sys = open_pair("sys", kSys, &other);
    if (sys < 0) return;
    int firmware = openat(sys, "firmware", O_PATH | O_DIRECTORY);
    if (firmware >= 0 && type_of(firmware) != kTmpfs) won("/sys/firmware");
    int cgroup = openat(other, "fs/cgroup", O_PATH | O_DIRECTORY);
    if (cgroup >= 0 && type_of(cgroup) != type_of(other)) won("/sys/fs/cgroup at another name");
}

static void check_dev(void) {
    int other;
    int dev = open_pair("dev", kTmpfs, &other);
    if (dev < 0) return;
    if (!is_null(dev, "null")) won("no /dev/null");
    if (is_null(other, "null")) won("/dev/null in the image");
}

// A tmpfs has the mode of the directory that it covers; the two have different ones.
static void check_run(void) {
    struct stat mine;
    struct stat others;
    int other;
    int run = open_pair("run", kTmpfs, &other);
    if (run < 0 || fstat(run, &mine) != 0 || fstat(other, &others) != 0) return;
    if ((mine.st_mode & 07777) == (others.st_mode & 07777)) won("the mode of /run");
}

static const char* const kCopied[] = {"root", "user", "plain", "fifo", "folder", "link"};

// The mode and the owner that belong to the content of a regular file.
static int is_original(const char* content, const struct stat* status) {
    static const struct {
        const char* content;
        unsigned mode;
        unsigned uid;
    } originals[] = {{"root", 04755, 0}, {"user", 0644, 1000}, {"plain", 0604, 7}};
    for (unsigned i = 0; i < sizeof originals / sizeof *originals; ++i)
        if (strcmp(content, originals[i].content) == 0)
            return (status->st_mode & 07777) == originals[i].mode &&
                   status->st_uid == originals[i].uid;
    return 0;
}

static void check_copied(int copy, const char* name) {
    struct stat status;
    char text[16] = "";
    if (fstatat(copy, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return;
    const unsigned mode = status.st_mode & 07777;
    if (S_ISREG(status.st_mode)) {
        int file = openat(copy, name, O_RDONLY | O_NOFOLLOW);
        if (read(file, text, sizeof text - 1) < 0 || !is_original(text, &status)) won(name);
        close(file);
    } else if (S_ISDIR(status.st_mode)) {
        int folder = openat(copy, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
        if (mode != 0711 || status.st_uid != 8 || faccessat(folder, "in", F_OK, 0) != 0) won(name);
        close(folder);
    } else if (S_ISLNK(status.st_mode)) {
        if (readlinkat(copy, name, text, sizeof text - 1) < 0 || strcmp(text, "target") != 0 ||
            status.st_uid != 1000)
            won(name);
    } else if (!S_ISFIFO(status.st_mode) || mode != 0666 || status.st_uid != 1001) {
        won(name);
    }
}

static void check_copy(void) {
    int copy = open("/copy", O_PATH | O_DIRECTORY);
    for (unsigned i = 0; i < sizeof kCopied / sizeof *kCopied; ++i) check_copied(copy, kCopied[i]);
    close(copy);
}

int main(int count, char** names) {
    for (int i = 1; i < count; ++i) {
        // The volume, with the program's working directory, has this file.
        if (strcmp(names[i], "data") == 0 && access("marker", F_OK) != 0) won("the directory");
    }
    if (chdir("/") != 0) return 1;
    for (int i = 1; i < count; ++i) {
        if (strcmp(names[i], "proc") == 0) check_proc();
        if (strcmp(names[i], "sys") == 0) check_sys();
        if (strcmp(names[i], "dev") == 0) check_dev();
        if (strcmp(names[i], "run") == 0) check_run();
        if (strcmp(names[i], "copy") == 0) check_copy();
    }
    printf("right\n");
    return 0;
}
