// linux.intelRdt if resctrl is mounted (docs/testing.md describes a guest that has it).

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"
#include "tests/support/runs.h"

namespace crux::test {
namespace {

/// The mount point of resctrl; skips the test if it is not mounted.
std::string need_resctrl() {
    need_root();
    for (const std::string& line : lines_of(read_file("/proc/self/mounts"))) {
        const std::size_t begin = line.find(' ') + 1;
        const std::size_t end = line.find(' ', begin);
        if (line.compare(end, 9, " resctrl ") == 0) return line.substr(begin, end - begin);
    }
    skip("resctrl is not mounted");
}

/// A class of service made by the test.
class Class {
 public:
    explicit Class(std::string path) : path_(std::move(path)) {
        REQUIRE(mkdir(path_.c_str(), 0755) == 0);
    }
    ~Class() { rmdir(path_.c_str()); }
    Class(const Class&) = delete;
    Class& operator=(const Class&) = delete;

 private:
    std::string path_;
};

/// The first cache's line of the schemata, without white space: "L3:0=ff".
std::string cache_of(const std::string& group) {
    for (const std::string& line : lines_of(read_file(group + "/schemata"))) {
        const std::size_t begin = line.find("L3:0=");
        if (begin == std::string::npos) continue;
        return "L3:0=" + line.substr(line.find_first_not_of('0', begin + 5));
    }
    return "";
}

bool has_task(const std::string& group, int pid) {
    const std::vector<std::string> lines = lines_of(read_file(group + "/tasks"));
    return std::ranges::find(lines, std::to_string(pid)) != lines.end();
}

TEST_CASE("a container has its own cache class, which is removed with it") {
    const std::string top = need_resctrl();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/intelRdt", {{"l3CacheSchema", "L3:0=f"}, {"enableMonitoring", true}});
    std::string group;
    {
        const Sleeper container(bundle);
        group = top + '/' + container.id();
        CHECK(cache_of(group) == "L3:0=f");
        CHECK(has_task(group, container.pid()));
        CHECK(has_task(group + "/mon_groups/" + container.id(), container.pid()));
        must(container.crux({"update", "--l3-cache-schema", "L3:0=3f", container.id()}));
        CHECK(cache_of(group) == "L3:0=3f");
    }
    CHECK_FALSE(std::filesystem::exists(group));
}

TEST_CASE("a container joins an existing cache class with equal schemata, and does not remove it") {
    const std::string top = need_resctrl();
    const Unchanged host;
    Bundle bundle;
    const std::string name = "crux-test-" + std::to_string(getpid());
    const std::string group = top + '/' + name;
    const Class made(group);
    write_file(group + "/schemata", "L3:0=f\n");
    bundle.set("/linux/intelRdt", {{"closID", name}, {"l3CacheSchema", "L3:0=0f"}});
    {
        const Sleeper container(bundle);
        CHECK(has_task(group, container.pid()));
    }
    bundle.set("/linux/intelRdt", {{"closID", name}, {"l3CacheSchema", "L3:0=ff"}});
    create_refused(bundle, "class " + group + " exists, but its schemata do not match \"L3:0=ff\"");
    CHECK(cache_of(group) == "L3:0=f");
    bundle.set("/linux/intelRdt", {{"closID", name + "-missing"}});
    create_refused(bundle, "does not exist (config.json: /linux/intelRdt/closID)");
}

TEST_CASE("a schema that resctrl refuses fails create with the kernel's reason") {
    const std::string top = need_resctrl();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/intelRdt", {{"l3CacheSchema", "L3:0=5"}});
    create_refused(bundle, "write \"L3:0=5\" to " + top + '/');
    CHECK_FALSE(read_file(top + "/info/last_cmd_status").starts_with("ok"));
}

}  // namespace
}  // namespace crux::test
