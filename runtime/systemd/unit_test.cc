#include "runtime/systemd/unit.h"

#include "tests/support/catch.h"

namespace crux::systemd {
namespace {

host::CgroupLayout unified(std::string own_path) {
    host::CgroupHierarchy tree;
    tree.mountpoint = "/sys/fs/cgroup";
    tree.own_path = std::move(own_path);
    return {host::CgroupMode::v2, {tree}};
}

TEST_CASE("a slice's directory contains its parents, given by the dashes") {
    CHECK(*slice_path("-.slice") == "");
    CHECK(*slice_path("system.slice") == "/system.slice");
    CHECK(*slice_path("a-b-c.slice") == "/a.slice/a-b.slice/a-b-c.slice");
    for (const char* wrong :
         {"", ".slice", "a", "a/b.slice", "-a.slice", "a-.slice", "a--b.slice"}) {
        INFO(wrong);
        const auto path = slice_path(wrong);
        REQUIRE_FALSE(path);
        CHECK(path.error().message() ==
              std::string("invalid slice name: ") + wrong + " (config.json: /linux/cgroupsPath)");
    }
}

TEST_CASE("cgroupsPath names the slice, a prefix and the name") {
    const auto layout = unified("/");
    const struct {
        const char* path;
        const char* name;
        const char* slice;
        const char* directory;
    } rows[] = {
        {"", "crux-id.scope", "system.slice", "/system.slice/crux-id.scope"},
        {"machine.slice:libpod:abc", "libpod-abc.scope", "machine.slice",
         "/machine.slice/libpod-abc.scope"},
        {"kubepods-pod1.slice:cri-containerd:x", "cri-containerd-x.scope", "kubepods-pod1.slice",
         "/kubepods.slice/kubepods-pod1.slice/cri-containerd-x.scope"},
        {":docker:x", "docker-x.scope", "system.slice", "/system.slice/docker-x.scope"},
        {"a.slice::x", "x.scope", "a.slice", "/a.slice/x.scope"},
        {"-.slice::x", "x.scope", "-.slice", "/x.scope"},
        {"a.slice:p:a-b.slice", "a-b.slice", "a.slice", "/a.slice/a-b.slice"},
    };
    for (const auto& row : rows) {
        INFO(row.path);
        const auto unit = unit_for(row.path, "id", layout, false);
        REQUIRE(unit);
        CHECK(unit->name == row.name);
        CHECK(unit->slice == row.slice);
        CHECK(unit->path == row.directory);
        CHECK_FALSE(unit->user);
    }
}

TEST_CASE("a path in another format is refused with its pointer") {
    for (const char* wrong : {"/a/b", "a.slice:b", "a:b:c:d", "a.slice:p:", "a.slice:p:x/y",
                              "a.slice::@x", "@a.slice:p:x", "notaslice:p:x"}) {
        INFO(wrong);
        const auto unit = unit_for(wrong, "id", unified("/"), false);
        REQUIRE_FALSE(unit);
        CHECK(unit.error().pointer() == "/linux/cgroupsPath");
    }
}

TEST_CASE("an annotation sets a cgroup below the unit's") {
    const auto asked = [](std::string text) {
        return subgroup_of({{"other", "x"}, {"run.oci.systemd.subgroup", std::move(text)}});
    };
    CHECK(*subgroup_of({{"other", "x"}}) == "");
    CHECK(*asked("") == "");
    CHECK(*asked("container") == "/container");
    CHECK(*asked("a/b.c") == "/a/b.c");
    for (const std::string wrong : {"/a", "a/", "a//b", ".", "a/..", "a\nb"}) {
        INFO(wrong);
        const auto path = asked(wrong);
        REQUIRE_FALSE(path);
        CHECK(path.error().pointer() == "/annotations/run.oci.systemd.subgroup");
    }
    CHECK_FALSE(asked(std::string(256, 'a')));
}

TEST_CASE("a user's unit is below that user's manager") {
    for (const char* own : {"/user.slice/user-1000.slice/session-3.scope",
                            "/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope",
                            "/user.slice/user-1000.slice/user@1000.service"}) {
        INFO(own);
        const auto unit = unit_for("", "id", unified(own), true);
        REQUIRE(unit);
        CHECK(unit->slice == "user.slice");
        CHECK(unit->path ==
              "/user.slice/user-1000.slice/user@1000.service/user.slice/crux-id.scope");
    }
    const auto none = unit_for("", "id", unified("/system.slice/sshd.service"), true);
    REQUIRE_FALSE(none);
    CHECK(none.error().message() ==
          "no systemd user manager: the cgroup /system.slice/sshd.service is not part of a user "
          "session");
}

}  // namespace
}  // namespace crux::systemd
