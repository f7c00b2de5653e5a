#include "tests/faults/confinement.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "tests/support/checks.h"
#include "tests/support/command.h"

namespace crux::test {

namespace fs = std::filesystem;

namespace {

/// Nothing if it cannot be read: the process may have ended, or the file not exist here.
std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// "pipe:[*]" for "pipe:[123]".
std::string without_number(std::string text) {
    const auto open = text.find(":[");
    return open == std::string::npos ? text : text.substr(0, open) + ":[*]";
}

void add_status(const std::string& proc, Confinement& out) {
    static const std::set<std::string> wanted = {
        "Umask",       "Uid",        "Gid",     "Groups",          "SigBlk",
        "SigIgn",      "CapInh",     "CapPrm",  "CapEff",          "CapBnd",
        "CapAmb",      "NoNewPrivs", "Seccomp", "Seccomp_filters", "Cpus_allowed",
        "Mems_allowed"};
    for (const std::string& line : lines_of(text_of(proc + "/status"))) {
        const std::string name = line.substr(0, line.find(':'));
        if (wanted.contains(name)) out["status " + name] = line.substr(name.size());
    }
}

/// The mounts, with the id of their parent replaced by its mount point, and without peer groups'
/// numbers.
void add_mounts(const std::string& proc, Confinement& out) {
    std::map<std::string, std::string> points;
    std::string all;
    for (const std::string& line : lines_of(text_of(proc + "/mountinfo"))) {
        std::istringstream words(line);
        std::string id;
        std::string parent;
        std::string device;
        std::string root;
        std::string point;
        words >> id >> parent >> device >> root >> point;
        points[id] = point;
        all += (points.contains(parent) ? points[parent] : "-") + " " + root + " " + point;
        for (std::string word; words >> word;) {
            const auto colon = word.find(':');
            const bool is_peer = word.starts_with("shared:") || word.starts_with("master:") ||
                                 word.starts_with("propagate_from:");
            all += " " + (is_peer ? word.substr(0, colon) : word);
        }
        all += "\n";
    }
    out["mounts"] = all;
}

void add_descriptors(const std::string& proc, Confinement& out) {
    std::error_code error;
    std::multiset<std::string> all;
    for (fs::directory_iterator entry(proc + "/fd", error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code gone;
        const std::string number = entry->path().filename();
        const std::string target = fs::read_symlink(entry->path(), gone).string();
        // The test's own streams.
        if (number.size() == 1 && number <= "2") continue;
        // The numbers depend on which other files crux could open.
        all.insert(without_number(target));
    }
    for (const std::string& each : all) out["descriptors"] += each + "\n";
}

void add_namespaces(const std::string& proc, Confinement& out) {
    for (const char* type : {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"}) {
        const std::string file = std::string("/ns/") + type;
        const bool is_ours = link_of(proc + file) == link_of("/proc/self" + file);
        out[std::string("namespace ") + type] = is_ours ? "the caller's" : "another";
    }
}

void add_devices(const std::string& proc, Confinement& out) {
    std::error_code error;
    std::set<std::string> all;
    for (fs::directory_iterator entry(proc + "/root/dev", error), end; !error && entry != end;
         entry.increment(error)) {
        struct ::stat status = {};
        if (::lstat(entry->path().c_str(), &status) != 0) continue;
        std::ostringstream line;
        line << entry->path().filename().string() << " " << std::oct << status.st_mode << std::dec
             << " " << status.st_uid << ":" << status.st_gid << " " << ::major(status.st_rdev)
             << ":" << ::minor(status.st_rdev);
        all.insert(line.str());
    }
    for (const std::string& each : all) out["devices"] += each + "\n";
}

/// Of one of its cgroups: each file that can be set and is no measurement, and how many processes
/// are in it.
void add_cgroup(const std::string& directory, Confinement& out) {
    static const std::vector<const char*> files = {"pids.max",
                                                   "memory.limit_in_bytes",
                                                   "memory.memsw.limit_in_bytes",
                                                   "memory.max",
                                                   "memory.high",
                                                   "memory.swap.max",
                                                   "cpu.shares",
                                                   "cpu.weight",
                                                   "cpu.max",
                                                   "cpu.cfs_quota_us",
                                                   "cpu.cfs_period_us",
                                                   "cpuset.cpus",
                                                   "cpuset.mems",
                                                   "devices.list",
                                                   "freezer.state",
                                                   "cgroup.freeze",
                                                   "blkio.weight",
                                                   "net_cls.classid"};
    for (const char* file : files) {
        const std::string place = directory + "/" + file;
        if (const std::string text = text_of(place); !text.empty()) out[place] = text;
    }
    const std::string members = text_of(directory + "/cgroup.procs");
    if (!members.empty()) out["processes"] = std::to_string(lines_of(members).size());
}

void add_cgroups(const std::string& proc, Confinement& out) {
    const std::string top = "/sys/fs/cgroup";
    out["cgroup"] = text_of(proc + "/cgroup");
    for (const std::string& line : lines_of(out["cgroup"])) {
        std::istringstream words(line);
        std::string hierarchy;
        std::string controllers;
        std::string path;
        std::getline(words, hierarchy, ':');
        std::getline(words, controllers, ':');
        std::getline(words, path);
        if (controllers.starts_with("name="))
            controllers = controllers.substr(std::string("name=").size());
        if (controllers.empty()) {
            add_cgroup(top + path, out);
            add_cgroup(top + "/unified" + path, out);
        } else {
            add_cgroup(top + "/" + controllers + path, out);
        }
    }
}

}  // namespace

Confinement confinement_of(pid_t pid) {
    const std::string proc = "/proc/" + std::to_string(pid);
    Confinement out;
    add_status(proc, out);
    for (const char* file : {"limits", "oom_score_adj", "cmdline", "environ", "setgroups",
                             "uid_map", "gid_map", "personality", "attr/current"})
        out[file] = text_of(proc + "/" + file);
    // Its argument is the number of a descriptor.
    if (out["cmdline"].starts_with("crux-init")) out["cmdline"] = "crux-init";
    out["root"] = link_of(proc + "/root");
    out["cwd"] = link_of(proc + "/cwd");
    add_mounts(proc, out);
    add_descriptors(proc, out);
    add_namespaces(proc, out);
    add_devices(proc, out);
    add_cgroups(proc, out);
    return out;
}

std::string difference(const Confinement& expected, const Confinement& actual) {
    std::string out;
    std::set<std::string> names;
    for (const auto& [name, text] : expected) names.insert(name);
    for (const auto& [name, text] : actual) names.insert(name);
    for (const std::string& name : names) {
        const auto before = expected.find(name);
        const auto after = actual.find(name);
        const std::string was = before == expected.end() ? "" : before->second;
        const std::string is = after == actual.end() ? "" : after->second;
        if (was != is) out += name + ": expected " + was + ", is " + is + "\n";
    }
    return out;
}

}  // namespace crux::test
