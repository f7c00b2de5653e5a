#include "runtime/cgroup/dirs.h"

#include "runtime/base/text.h"
#include "tests/support/catch.h"

using namespace crux;
using namespace crux::cgroup;

namespace {

using Texts = std::vector<std::string>;

/// A hierarchy mounted at /sys/fs/cgroup/NAME with this process at the path.
host::CgroupHierarchy hierarchy(int version, const std::string& name, Texts controllers,
                                const std::string& own) {
    std::string mountpoint = name.empty() ? "/sys/fs/cgroup" : "/sys/fs/cgroup/" + name;
    return {.version = version,
            .controllers = std::move(controllers),
            .mountpoint = mountpoint,
            .own_path = own,
            .own_directory = own == "/" ? mountpoint : mountpoint + own};
}

host::CgroupLayout hybrid() {
    return {.mode = host::CgroupMode::hybrid,
            .hierarchies = {hierarchy(1, "systemd", {"name=systemd"}, "/user/shell"),
                            hierarchy(1, "cpu,cpuacct", {"cpu", "cpuacct"}, "/"),
                            hierarchy(1, "mine", {"name=mine"}, "/"),
                            hierarchy(1, "memory", {"memory"}, "/a/b"),
                            hierarchy(2, "unified", {"hugetlb"}, "/user/shell")}};
}

host::CgroupLayout unified(const std::string& own) {
    return {.mode = host::CgroupMode::v2,
            .hierarchies = {hierarchy(2, "", {"cpu", "memory"}, own)}};
}

Texts directories(const host::CgroupLayout& layout, std::string_view path) {
    auto dirs = dirs_for(layout, path, "id");
    if (!dirs) return {"error: " + dirs.error().message()};
    Texts texts;
    for (const CgroupDir& dir : *dirs) texts.push_back(dir.directory());
    return texts;
}

}  // namespace

TEST_CASE("an absolute path lies below each mount point, the unified hierarchy last") {
    CHECK(directories(hybrid(), "/docker/1") ==
          Texts{"/sys/fs/cgroup/systemd/docker/1", "/sys/fs/cgroup/cpu,cpuacct/docker/1",
                "/sys/fs/cgroup/memory/docker/1", "/sys/fs/cgroup/unified/docker/1"});
    CHECK(directories(unified("/user/shell"), "//a/./b/") == Texts{"/sys/fs/cgroup/a/b"});
}

TEST_CASE("a relative path is below our own cgroup on v1 and next to it on v2") {
    CHECK(directories(hybrid(), "x/y") ==
          Texts{"/sys/fs/cgroup/systemd/user/shell/x/y", "/sys/fs/cgroup/cpu,cpuacct/x/y",
                "/sys/fs/cgroup/memory/a/b/x/y", "/sys/fs/cgroup/unified/user/x/y"});
    CHECK(directories(unified("/user/shell"), "x") == Texts{"/sys/fs/cgroup/user/x"});
    CHECK(directories(unified("/"), "x") == Texts{"/sys/fs/cgroup/x"});
}

TEST_CASE("no path means the container's id") {
    CHECK(directories(unified("/user/shell"), "") == Texts{"/sys/fs/cgroup/user/id"});
}

TEST_CASE("a mount that does not show our own cgroup is used from its top") {
    host::CgroupLayout layout = unified("/");
    layout.hierarchies[0].own_path = "/../elsewhere";
    layout.hierarchies[0].own_directory = "";
    CHECK(directories(layout, "x") == Texts{"/sys/fs/cgroup/x"});
}

TEST_CASE("a path that is not a cgroup below the root is refused with its pointer") {
    auto refusal = [](std::string_view path, std::string_view why) {
        return Texts{cat("error: cgroupsPath ", quoted(path), " ", why,
                         " (config.json: /linux/cgroupsPath)")};
    };
    for (const char* path : {"/a/../b", "..", "../x", "/.."})
        CHECK(directories(unified("/"), path) == refusal(path, "must not contain \"..\""));
    for (const char* path : {"/", "//", ".", "/./"})
        CHECK(directories(unified("/"), path) ==
              refusal(path, "must name a cgroup below the root"));
    CHECK(directories(unified("/"), "/a\nb") ==
          refusal("/a\nb", "contains a character that is invalid in cgroup names"));
    std::string longest(255, 'x');
    CHECK(directories(unified("/"), "/" + longest) == Texts{"/sys/fs/cgroup/" + longest});
    longest += 'x';
    CHECK(directories(unified("/"), longest) ==
          refusal(longest, "contains a name of more than 255 bytes"));
}

TEST_CASE("without any hierarchy there is no place") {
    CHECK(directories({}, "/x").empty());
}

TEST_CASE("a controller is found in the hierarchy that has it, by that version's name") {
    auto dirs = dirs_for(hybrid(), "/x", "id");
    REQUIRE(dirs);
    CHECK(find_dir(*dirs, "cpuacct", "") == 1);
    CHECK(find_dir(*dirs, "hugetlb", "hugetlb") == 3);
    CHECK(find_dir(*dirs, "blkio", "io") == -1);
    CHECK(unified_dir(*dirs) == 3);
    CHECK(unified_dir(std::span(*dirs).first(3)) == -1);
}
