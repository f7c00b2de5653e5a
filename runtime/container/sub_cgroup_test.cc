#include "runtime/container/sub_cgroup.h"

#include "tests/support/catch.h"

namespace crux::container {
namespace {

const std::vector<cgroup::CgroupDir> kV1 = {
    {"/cg/cpu", "/box", {"cpu", "cpuacct"}, 1},
    {"/cg/memory", "/box", {"memory"}, 1},
    {"/cg/unified", "/box", {}, 2},
};
const std::vector<cgroup::CgroupDir> kV2 = {{"/cg", "/box", {"cpu", "memory"}, 2}};

std::string refusal(const std::vector<cgroup::CgroupDir>& dirs,
                    const std::vector<std::string>& arguments) {
    const auto moved = sub_cgroups(dirs, arguments);
    return moved ? "accepted" : moved.error().message();
}

TEST_CASE("exec --cgroup moves the directories of the named controllers down") {
    const auto moved = sub_cgroups(kV1, {"memory:sub", "cpuacct:/deep//./er"});
    REQUIRE(moved);
    CHECK((*moved)[0].path == "/box/deep/er");
    CHECK((*moved)[1].path == "/box/sub");
    CHECK((*moved)[2].path == "/box");
}

TEST_CASE("exec --cgroup without a controller is the unified hierarchy's path") {
    const auto moved = sub_cgroups(kV2, {"sub/../other"});
    REQUIRE(moved);
    CHECK((*moved)[0].path == "/box/other");
    for (const char* same : {"/", ".", "sub/.."}) {
        const auto at_top = sub_cgroups(kV2, {same});
        REQUIRE(at_top);
        CHECK((*at_top)[0].path == "/box");
    }
    CHECK(*sub_cgroups(kV1, {}) == kV1);
}

TEST_CASE("exec --cgroup without a controller is every hierarchy's path on v1") {
    const auto moved = sub_cgroups(kV1, {"sub"});
    REQUIRE(moved);
    for (const cgroup::CgroupDir& dir : *moved) CHECK(dir.path == "/box/sub");
    CHECK(*sub_cgroups(kV1, {"/"}) == kV1);
}

TEST_CASE("exec --cgroup refuses what it cannot mean, in runc's words") {
    CHECK(refusal(kV2, {"a", "b"}) ==
          "invalid --cgroup argument: a (missing <controller>: prefix)");
    CHECK(refusal(kV1, {".."}) == "bad sub cgroup path: ..");
    CHECK(refusal(kV1, {":sub"}) == "invalid --cgroup argument: :sub (empty <controller> prefix)");
    CHECK(refusal(kV1, {"cpu,:sub"}) ==
          "invalid --cgroup argument: cpu,:sub (empty <controller> prefix)");
    CHECK(refusal(kV1, {"cpu:a", "cpu:b"}) ==
          "invalid --cgroup argument(s): controller cpu specified multiple times");
    CHECK(refusal(kV1, {"pids:sub"}) == "unknown controller pids in SubCgroupPaths");
    CHECK(refusal(kV2, {"../other"}) == "bad sub cgroup path: ../other");
    CHECK(refusal(kV2, {"a/../../other"}) == "bad sub cgroup path: a/../../other");
}

}  // namespace
}  // namespace crux::container
