// What the kernel's files about cgroups contain. The input is parts that end with a form feed, each
// a line with the name of a file and then its content. The statistics of v1 and of v2 are read from
// these files as events does; the layout from "cgroup" and "mountinfo", which init's own reader
// reads in the same way.

#include <algorithm>
#include <functional>
#include <map>

#include "oci-spec/runc/event.h"
#include "runtime/base/text.h"
#include "runtime/cgroup/stats_reader.h"
#include "runtime/host/cgroup_layout.h"
#include "runtime/host/survey.h"
#include "runtime/init/mount_line.h"
#include "runtime/resctrl/resctrl.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace crux;

using Files = std::map<std::string, std::string, std::less<>>;

Files files_in(std::string_view text) {
    Files files;
    for (const std::string_view part : split(text, '\f')) {
        const std::size_t end = std::min(part.find('\n'), part.size());
        files.emplace(part.substr(0, end), part.substr(std::min(end + 1, part.size())));
    }
    return files;
}

class FilesReader : public cgroup::StatsReader {
 public:
    explicit FilesReader(const Files& files) : files_(files) {}
    [[nodiscard]] std::string text(std::string_view file) const override {
        const auto found = files_.find(file);
        return found == files_.end() ? std::string() : found->second;
    }
    [[nodiscard]] bool has(std::string_view file) const override { return files_.contains(file); }
    [[nodiscard]] std::vector<std::string> huge_page_sizes() const override {
        return {"2MB", "1GB"};
    }

 private:
    const Files& files_;
};

void check_stats(const Files& files, std::size_t size) {
    const FilesReader reader(files);
    for (const int version : {1, 2}) {
        cgroup::Stats stats;
        const cgroup::CgroupDir dir = {
            .mountpoint = "/sys/fs/cgroup",
            .path = "/x",
            .controllers = {"cpu", "cpuacct", "cpuset", "memory", "io", "blkio", "hugetlb", "pids"},
            .version = version};
        cgroup::add_stats(reader, dir, true, stats);
        constexpr std::size_t kNumbers = std::size_t{1} << 16U;
        hold(stats.cpuset.cpus.size() <= kNumbers && stats.cpuset.mems.size() <= kNumbers);
        const std::string event = oci::stats_event("fuzz", stats);
        hold(event.starts_with('{') && std::ranges::count(event, '\n') <= 1);
        // Each number and each word of the files at most once, in an object with the names of its
        // members; and the two lists of processors and nodes.
        hold(event.size() <= 16384 + (64 * size) + (2 * 8 * kNumbers));
    }
}

void check_values(std::string_view text) {
    for (const pid_t pid : cgroup::parse_pids(text)) hold(pid > 0);
    for (const char* key : {"populated", "oom_kill", "max"}) (void)cgroup::value_of_key(text, key);
    if (const auto path = cgroup::unified_path(text))
        hold(path->find('\n') == std::string_view::npos);
    (void)host::parse_controllers(text);
    (void)host::enabled_controllers(text);
    hold(resctrl::find_mountpoint(text).find(' ') == std::string::npos);
    (void)resctrl::schemata_match(text, text);
}

void check_layout(std::string_view memberships, std::string_view mountinfo) {
    const auto layout = host::parse_cgroup_layout(memberships, mountinfo);
    if (!layout) {
        hold(!layout.error().message().empty());
        return;
    }
    for (const host::CgroupHierarchy& hierarchy : layout->hierarchies) {
        hold(hierarchy.version == 1 || hierarchy.version == 2);
        hold((hierarchy.version == 2) == hierarchy.controllers.empty());
        hold(hierarchy.own_path.starts_with('/'));
    }
}

/// The mounts that crux reads are those that init reads.
void check_init_reads_the_same(const std::string& mountinfo) {
    const auto mounts = host::parse_mountinfo(mountinfo);
    // The kernel writes neither NUL nor blanks without a word before them.
    if (!mounts || mountinfo.find('\0') != std::string::npos ||
        mountinfo.find("  ") != std::string::npos || mountinfo.starts_with(' ') ||
        mountinfo.find("\n ") != std::string::npos)
        return;
    std::string memory = mountinfo;
    char* list = memory.data();
    init::MountLine line;
    for (const host::MountEntry& mount : *mounts) {
        if (mount.id < 0 || mount.parent < 0) return;
        hold(init::next_mount(list, line));
        hold(line.id == static_cast<std::uint64_t>(mount.id));
        hold(line.parent == static_cast<std::uint64_t>(mount.parent));
        hold(line.root == mount.root);
        hold(line.type == mount.type);
        hold(std::string_view(line.point) == host::unescaped(mount.mountpoint).c_str());
    }
    hold(!init::next_mount(list, line));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const Files files = files_in(text_of(bytes, size));
    check_stats(files, size);
    for (const auto& [name, content] : files) check_values(content);
    const FilesReader reader(files);
    check_layout(reader.text("cgroup"), reader.text("mountinfo"));
    check_init_reads_the_same(reader.text("mountinfo"));
    return 0;
}
