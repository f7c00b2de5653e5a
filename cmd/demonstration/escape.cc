#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cmd/demonstration/demo.h"

namespace crux::demonstration {

namespace {

unsigned long long root_inode() {
    struct stat status = {};
    return stat("/", &status) == 0 ? status.st_ino : 0;
}

void print_root() {
    std::fputs("escape-root", stdout);
    if (DIR* root = opendir("/"); root != nullptr) {
        while (const dirent* entry = readdir(root))
            if (entry->d_name[0] != '.') std::printf(" %s", entry->d_name);
        closedir(root);
    }
    std::fputs("\n", stdout);
}

}  // namespace

int escape() {
    // The working directory stays at the old root and the new root is below it: ".." does not stop
    // at the new root, only at the root of the mount namespace.
    constexpr int kDeeperThanAnyPath = 64;
    const unsigned long long before = root_inode();
    bool moved = chdir("/") == 0 && chroot("/etc") == 0;
    for (int step = 0; moved && step < kDeeperThanAnyPath; ++step) moved = chdir("..") == 0;
    moved = moved && chroot(".") == 0;
    if (!moved) {
        std::printf("escape refused: %s\n", std::strerror(errno));
        return 1;
    }
    std::printf("escape %s\n", root_inode() == before ? "failed" : "succeeded");
    print_root();
    return 0;
}

}  // namespace crux::demonstration
