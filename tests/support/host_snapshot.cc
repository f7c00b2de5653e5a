#include "tests/support/host_snapshot.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/support/bundle.h"
#include "tests/support/command.h"

namespace crux::test {

namespace fs = std::filesystem;

namespace {

bool alone() {
    const char* value = std::getenv("CRUX_TESTS_ALONE");
    return value != nullptr && *value != '\0';
}

bool counts(const std::string& text) {
    return alone() || text.find(our_tag()) != std::string::npos;
}

void add_folders_below(const fs::path& top, std::set<std::string>& out) {
    std::error_code error;
    for (fs::recursive_directory_iterator entry(top, error), end; entry != end;
         entry.increment(error)) {
        if (error) return;
        if (entry->is_directory(error) && counts(entry->path())) out.insert(entry->path());
    }
}

std::set<std::string> mounts_now(std::set<std::string>& cgroup_points) {
    std::set<std::string> mounts;
    std::ifstream file("/proc/self/mountinfo");
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string id;
        std::string parent;
        std::string device;
        std::string rest;
        words >> id >> parent >> device;
        std::getline(words, rest);
        if (rest.find(" - cgroup") != std::string::npos ||
            rest.find(" - resctrl ") != std::string::npos) {
            std::istringstream parts(rest);
            std::string root;
            std::string point;
            parts >> root >> point;
            cgroup_points.insert(point);
        }
        if (counts(rest)) mounts.insert(rest);
    }
    return mounts;
}

constexpr const char* kNamespaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};

struct ProcessLine {
    std::string name;
    int parent = 0;
    char state = '?';
};

std::map<int, ProcessLine> all_processes() {
    std::map<int, ProcessLine> all;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
        const std::string number = entry.path().filename();
        if (number.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream file(entry.path() / "stat");
        std::string line;
        if (!std::getline(file, line)) continue;
        const auto open = line.find('(');
        const auto close = line.rfind(')');
        if (close == std::string::npos) continue;
        ProcessLine process;
        process.name = line.substr(open + 1, close - open - 1);
        std::istringstream rest(line.substr(close + 1));
        rest >> process.state >> process.parent;
        all[std::stoi(number)] = process;
    }
    return all;
}

bool descends_from(const std::map<int, ProcessLine>& all, int pid, int ancestor) {
    if (pid == ancestor) return true;
    while (pid > 1) {
        const auto found = all.find(pid);
        if (found == all.end()) return false;
        pid = found->second.parent;
        if (pid == ancestor) return true;
    }
    return false;
}

/// The namespaces that a process keeps by descriptors.
void add_opened_namespaces(const std::string& proc, HostSnapshot& snapshot) {
    std::error_code error;
    for (fs::directory_iterator entry(proc + "/fd", error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code gone;
        const std::string target = fs::read_symlink(entry->path(), gone);
        const std::string type = target.substr(0, target.find(":["));
        for (const char* each : kNamespaces)
            if (!gone && type == each) snapshot.namespaces.insert(target);
    }
}

void add_processes(HostSnapshot& snapshot) {
    add_opened_namespaces("/proc/self", snapshot);
    const auto all = all_processes();
    for (const auto& [pid, process] : all) {
        if (pid == getpid() || process.state == 'Z' || !descends_from(all, pid, getpid())) continue;
        snapshot.processes.insert(std::to_string(pid) + " " + process.name);
        const std::string proc = "/proc/" + std::to_string(pid);
        for (const char* type : kNamespaces) {
            std::error_code gone;
            const auto link = fs::read_symlink(proc + "/ns/" + type, gone);
            if (!gone) snapshot.namespaces.insert(link);
        }
        add_opened_namespaces(proc, snapshot);
    }
}

void add_state(HostSnapshot& snapshot) {
    std::error_code error;
    for (const char* root : {"/state", "/user/state"})
        for (fs::recursive_directory_iterator entry(work_folder() + root, error), end;
             !error && entry != end; entry.increment(error)) {
            // A cache for later containers is kept on purpose.
            if (entry->path().filename() == "seccomp:cache")
                entry.disable_recursion_pending();
            else
                snapshot.state.insert(entry->path());
        }
}

bool has_other_processes(const fs::path& cgroup) {
    std::ifstream file(cgroup / "cgroup.procs");
    std::set<int> pids;
    for (int pid = 0; file >> pid;) pids.insert(pid);
    if (pids.empty()) return false;
    const auto all = all_processes();
    // A number of 0 is a process of another pid namespace; one that has ended meanwhile may have
    // been ours.
    return std::ranges::any_of(pids, [&](int pid) {
        return pid == 0 || (all.contains(pid) && !descends_from(all, pid, getpid()));
    });
}

/// Whether the cgroup, or one below it, has or had a process that does not descend from the test.
/// Each cgroup is examined when it is first seen, and again when it is new or missing.
bool is_of_others(const fs::path& cgroup) {
    static std::set<fs::path> others;
    if (others.contains(cgroup)) return true;
    std::error_code error;
    bool found = has_other_processes(cgroup);
    for (fs::recursive_directory_iterator entry(cgroup, error), end;
         !error && !found && entry != end; entry.increment(error))
        found = entry->is_directory(error) && has_other_processes(entry->path());
    if (found) others.insert(cgroup);
    return found;
}

void examine_new(const std::set<std::string>& cgroups) {
    static std::set<std::string> seen;
    for (const auto& cgroup : cgroups)
        if (seen.insert(cgroup).second) (void)is_of_others(cgroup);
}

/// In another pid namespace than the first, processes of others cannot be seen in a cgroup (v1).
bool sees_all_processes() {
    std::error_code error;
    constexpr const char* kFirst = "pid:[4026531836]";  // PROC_PID_INIT_INO of the kernel
    return fs::read_symlink("/proc/self/ns/pid", error) == kFirst;
}

/// Whether crux could have made the cgroup for a test: by its name, or because it is below the
/// test's own. All cgroups are below the root, which tells nothing.
bool may_be_ours(const std::string& cgroup) {
    if (cgroup.find("crux") != std::string::npos) return true;
    std::ifstream file("/proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const std::string own = line.substr(line.rfind(':') + 1);
        if (own != "/" && cgroup.find(own + "/") != std::string::npos) return true;
    }
    return false;
}

std::set<std::string> without_others(const std::set<std::string>& cgroups,
                                     const std::set<std::string>& common) {
    std::set<std::string> out;
    const bool sees_all = sees_all_processes();
    for (const auto& cgroup : cgroups) {
        const auto can_be_ours = [&] {
            return !is_of_others(cgroup) && (sees_all || may_be_ours(cgroup));
        };
        if (common.contains(cgroup) || can_be_ours()) out.insert(cgroup);
    }
    return out;
}

std::string described(const fs::path& path) {
    struct ::stat status = {};
    if (::lstat(path.c_str(), &status) != 0) return {};
    std::ostringstream text;
    text << std::oct << status.st_mode << std::dec << " " << status.st_uid << ":" << status.st_gid
         << " " << path.string();
    return text.str();
}

void add_root_of(const fs::path& bundle, std::set<std::string>& out) {
    std::error_code error;
    for (fs::recursive_directory_iterator entry(bundle / "rootfs", error), end;
         !error && entry != end; entry.increment(error)) {
        // Hundreds of links to busybox.
        if (entry->path().filename() == "bin") entry.disable_recursion_pending();
        out.insert(described(entry->path()));
    }
}

void add_files(std::set<std::string>& out) {
    std::error_code error;
    for (fs::directory_iterator entry(work_folder(), error), end; !error && entry != end;
         entry.increment(error))
        if (entry->path().filename().string().starts_with("bundle-"))
            add_root_of(entry->path(), out);
    for (const char* top : {"/tmp", "/var/tmp", "/run", "/run/lock", "/dev/shm", "/var/lib"})
        for (fs::directory_iterator entry(top, error), end; !error && entry != end;
             entry.increment(error)) {
            const std::string name = entry->path().filename();
            // Test programs have such directories in the others.
            const bool may_be_crux =
                name.starts_with("crux") && std::string(top).find("/tmp") == std::string::npos;
            const bool is_ours = name.find(our_tag()) != std::string::npos;
            if ((may_be_crux || is_ours) && entry->path() != work_folder())
                out.insert(entry->path());
        }
}

/// A process that has not been reaped keeps its keyring: then they are unknown.
bool has_zombies() {
    const auto all = all_processes();
    return std::ranges::any_of(all, [&](const auto& each) {
        return each.second.state == 'Z' && descends_from(all, each.first, getpid());
    });
}

void add_keyrings(std::set<std::string>& out) {
    if (has_zombies()) return;
    std::ifstream keys("/proc/keys");
    for (std::string line; std::getline(keys, line);)
        // The first seven fields count uses and time.
        if (line.find(our_tag()) != std::string::npos) {
            std::istringstream words(line);
            std::string word;
            for (int i = 0; i < 7; ++i) words >> word;
            std::getline(words >> std::ws, word);
            out.insert(word);
        }
    if (!alone()) return;
    // Only the user itself sees the keys of a user of a container.
    std::ifstream users("/proc/key-users");
    for (std::string line; std::getline(users, line);) {
        constexpr unsigned kContainers = 65'536;
        const unsigned long user = std::stoul(line);
        if (user >= kContainers) out.insert("of user " + std::to_string(user));
    }
}

void add_devices(std::set<std::string>& out) {
    std::error_code error;
    for (fs::recursive_directory_iterator entry("/dev", error), end; !error && entry != end;
         entry.increment(error)) {
        const fs::path& path = entry->path();
        // A terminal lives as long as a process that has it open, and others come and go.
        if (path == "/dev/shm" || path == "/dev/mqueue" || path == "/dev/pts")
            entry.disable_recursion_pending();
        if (counts(path)) out.insert(path);
    }
    for (fs::directory_iterator entry("/sys/class/net", error), end; !error && entry != end;
         entry.increment(error))
        if (counts(entry->path())) out.insert("interface " + entry->path().filename().string());
    for (fs::directory_iterator entry("/sys/block", error), end; !error && entry != end;
         entry.increment(error)) {
        std::string file;
        std::getline(std::ifstream(entry->path() / "loop/backing_file"), file);
        if (!file.empty() && counts(file)) out.insert("loop device of " + file);
    }
}

void compare(const char* kind, const std::set<std::string>& before,
             const std::set<std::string>& after, std::string& out) {
    for (const auto& text : after)
        if (!before.contains(text)) out += std::string("+ ") + kind + ": " + text + "\n";
    for (const auto& text : before)
        if (!after.contains(text)) out += std::string("- ") + kind + ": " + text + "\n";
}

}  // namespace

HostSnapshot HostSnapshot::take() {
    HostSnapshot snapshot;
    std::set<std::string> cgroup_points;
    snapshot.mounts = mounts_now(cgroup_points);
    for (const auto& point : cgroup_points) add_folders_below(point, snapshot.cgroups);
    examine_new(snapshot.cgroups);
    add_processes(snapshot);
    add_state(snapshot);
    add_files(snapshot.files);
    add_keyrings(snapshot.keyrings);
    add_devices(snapshot.devices);
    return snapshot;
}

std::string HostSnapshot::changes_until(const HostSnapshot& after) const {
    std::string out;
    compare("cgroup", without_others(cgroups, after.cgroups),
            without_others(after.cgroups, cgroups), out);
    compare("mount", mounts, after.mounts, out);
    compare("process", processes, after.processes, out);
    compare("state", state, after.state, out);
    compare("file", files, after.files, out);
    compare("namespace", namespaces, after.namespaces, out);
    // The kernel frees those of processes that ended before at any time.
    std::set<std::string> present;
    for (const std::string& each : after.keyrings)
        if (!keyrings.contains(each)) present.insert(each);
    compare("keyring", {}, present, out);
    compare("device", devices, after.devices, out);
    return out;
}

std::string left_behind_since(const HostSnapshot& before) {
    std::string changes;
    eventually([&] {
        changes = before.changes_until(HostSnapshot::take());
        return changes.empty();
    });
    return changes;
}

}  // namespace crux::test
