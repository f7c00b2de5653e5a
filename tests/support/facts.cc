#include "tests/support/facts.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace crux::test {

namespace {

struct CgroupMount {
    std::string point;
    bool v2 = false;
    std::string options;
};

std::vector<CgroupMount> cgroup_mounts() {
    std::vector<CgroupMount> mounts;
    std::ifstream file("/proc/self/mountinfo");
    for (std::string line; std::getline(file, line);) {
        const auto separator = line.find(" - ");
        if (separator == std::string::npos) continue;
        std::istringstream left(line.substr(0, separator));
        std::istringstream right(line.substr(separator + 3));
        std::string skipped;
        std::string point;
        std::string type;
        std::string options;
        left >> skipped >> skipped >> skipped >> skipped >> point;
        right >> type >> skipped >> options;
        if (point.starts_with("/sys/fs/cgroup") && (type == "cgroup" || type == "cgroup2"))
            mounts.push_back({point, type == "cgroup2", options});
    }
    return mounts;
}

bool has_word(const std::string& words, const std::string& word, char separator) {
    std::istringstream stream(words);
    for (std::string part; std::getline(stream, part, separator);)
        if (part == word) return true;
    return false;
}

bool child_can_unshare(int flags) {
    const pid_t child = fork();
    if (child == 0) _exit(unshare(flags) == 0 ? 0 : 1);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool unified_has(const CgroupMount& mount, const std::string& controller) {
    if (controller == "freezer" || controller == "devices") return true;
    std::ifstream file(mount.point + "/cgroup.controllers");
    std::string line;
    std::getline(file, line);
    return has_word(line, controller, ' ');
}

}  // namespace

CgroupMode cgroup_mode() {
    bool v1 = false;
    bool v2 = false;
    for (const auto& mount : cgroup_mounts()) (mount.v2 ? v2 : v1) = true;
    if (v1 && v2) return CgroupMode::hybrid;
    if (v1) return CgroupMode::v1;
    return v2 ? CgroupMode::v2 : CgroupMode::none;
}

std::string cgroup_mode_name() {
    switch (cgroup_mode()) {
        case CgroupMode::none:
            return "none";
        case CgroupMode::v1:
            return "v1";
        case CgroupMode::hybrid:
            return "hybrid";
        case CgroupMode::v2:
            return "v2";
    }
    return "";
}

std::pair<int, int> kernel_version() {
    utsname name{};
    uname(&name);
    int major = 0;
    int minor = 0;
    std::sscanf(name.release, "%d.%d", &major, &minor);
    return {major, minor};
}

bool kernel_is_at_least(int major, int minor) {
    return kernel_version() >= std::pair(major, minor);
}

bool is_root() {
    std::ifstream file("/proc/self/uid_map");
    unsigned long long inside = 0;
    unsigned long long outside = 0;
    unsigned long long count = 0;
    file >> inside >> outside >> count;
    return geteuid() == 0 && inside == 0 && outside == 0 && count == 0xFFFFFFFFULL;
}

bool has_capability(int capability) {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    if (syscall(SYS_capget, &header, data) != 0) return false;
    return (data[capability / 32].effective >> (capability % 32) & 1U) != 0;
}

bool has_user_namespaces() {
    return child_can_unshare(CLONE_NEWUSER);
}

bool has_time_namespaces() {
    return access("/proc/self/ns/time", F_OK) == 0;
}

std::optional<std::string> controller_mount(const std::string& controller) {
    for (const auto& mount : cgroup_mounts())
        if (!mount.v2 && has_word(mount.options, controller, ',')) return mount.point;
    for (const auto& mount : cgroup_mounts())
        if (mount.v2 && unified_has(mount, controller)) return mount.point;
    return std::nullopt;
}

std::optional<std::string> cgroup_of(int pid, const std::string& controller) {
    const auto mount = controller_mount(controller);
    if (!mount) return std::nullopt;
    std::ifstream file("/proc/" + std::to_string(pid) + "/cgroup");
    std::string unified;
    for (std::string line; std::getline(file, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string names = line.substr(first + 1, second - first - 1);
        if (has_word(names, controller, ',')) return *mount + line.substr(second + 1);
        if (names.empty()) unified = line.substr(second + 1);
    }
    if (unified.empty()) return std::nullopt;
    return *mount + unified;
}

void skip(const std::string& reason) {
    std::cout << "SKIPPED: " << reason << "\n" << std::flush;
#if defined(SKIP)
    SKIP(reason);
    std::abort();  // SKIP throws, of which the compiler does not know
#else
    // The exception of an assertion that aborts, thrown here without a recorded failure: the case
    // ends and has not failed. Later versions of Catch2 have SKIP instead.
    throw Catch::TestFailureException();
#endif
}

void need_root() {
    if (!is_root()) skip("needs root in the initial user namespace");
}

void need_controller(const std::string& controller) {
    if (!controller_mount(controller)) skip("this host has no " + controller + " controller");
}

}  // namespace crux::test
