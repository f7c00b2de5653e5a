#include "runtime/cgroup/permission.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "runtime/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/facts.h"

namespace crux::cgroup {
namespace {

namespace fs = std::filesystem;

/// Ordinary directories instead of cgroups: the permissions are the same.
struct Tree {
    std::string top = "/tmp/crux-permission-XXXXXX";
    Tree() {
        REQUIRE(::mkdtemp(top.data()) != nullptr);
        ::chmod(top.c_str(), 0755);
    }
    ~Tree() {
        for (const auto& entry : fs::recursive_directory_iterator(top))
            if (entry.is_directory()) ::chmod(entry.path().c_str(), 0755);
        fs::remove_all(top);
    }
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;

    void folder(const std::string& path, mode_t mode, mode_t list_mode, const char* list) const {
        fs::create_directories(top + path);
        const std::string file = cat(top, path, "/", list);
        ::close(::creat(file.c_str(), 0644));
        ::chmod(file.c_str(), list_mode);
        ::chmod((top + path).c_str(), mode);
    }
    [[nodiscard]] host::CgroupLayout layout(int version, const std::string& own) const {
        return {.mode = version == 2 ? host::CgroupMode::v2 : host::CgroupMode::v1,
                .hierarchies = {{.version = version,
                                 .controllers = {"memory"},
                                 .mountpoint = top,
                                 .own_path = own,
                                 .own_directory = top + own}}};
    }
    [[nodiscard]] CgroupDir dir(int version, const std::string& path) const {
        return {.mountpoint = top, .path = path, .controllers = {"memory"}, .version = version};
    }
};

struct AsNobody {
    bool was_root = ::geteuid() == 0;
    AsNobody() {
        if (was_root && ::seteuid(65534) != 0) test::skip("cannot become another user");
    }
    ~AsNobody() {
        if (was_root) (void)!::seteuid(0);
    }
};

constexpr const char* kList = "cgroup.procs";

TEST_CASE("a cgroup may be made where its nearest ancestor may be written") {
    const Tree tree;
    tree.folder("", 0755, 0666, kList);
    tree.folder("/mine", 0777, 0666, kList);
    tree.folder("/other", 0755, 0666, kList);
    const AsNobody user;
    const host::CgroupLayout layout = tree.layout(2, "/mine");
    const Permission asked =
        permission_for(layout, {tree.dir(2, "/mine/a/b"), tree.dir(2, "/other/a/b")});
    CHECK(asked.granted == std::vector{tree.dir(2, "/mine/a/b")});
    REQUIRE(asked.forbidden.size() == 1);
    CHECK(asked.forbidden[0].dir == tree.dir(2, "/other/a/b"));
    CHECK(asked.forbidden[0].path == tree.top + "/other");
    CHECK(asked.forbidden[0].error.value == EACCES);
}

TEST_CASE("a cgroup that exists must let its list of processes be written") {
    const Tree tree;
    tree.folder("/v1", 0777, 0644, "tasks");
    tree.folder("/v1/given", 0755, 0666, "tasks");
    const AsNobody user;
    const Permission asked =
        permission_for(tree.layout(1, "/"), {tree.dir(1, "/v1"), tree.dir(1, "/v1/given")});
    CHECK(asked.granted == std::vector{tree.dir(1, "/v1/given")});
    REQUIRE(asked.forbidden.size() == 1);
    CHECK(asked.forbidden[0].path == tree.top + "/v1/tasks");
}

TEST_CASE("a v2 cgroup must be entered through an ancestor that is ours") {
    const Tree tree;
    tree.folder("", 0755, 0644, kList);
    tree.folder("/given", 0777, 0666, kList);
    tree.folder("/given/session", 0777, 0666, kList);
    tree.folder("/givenness", 0755, 0644, kList);
    const AsNobody user;
    const std::vector wanted = {tree.dir(2, "/given/box")};
    CHECK(permission_for(tree.layout(2, "/given/session"), wanted).granted == wanted);
    CHECK(permission_for(tree.layout(2, "/given"), wanted).granted == wanted);
    // Names with a common prefix only share their parent.
    for (const char* own : {"/givenness", "/", ""}) {
        INFO(own);
        const Permission asked = permission_for(tree.layout(2, own), wanted);
        REQUIRE(asked.forbidden.size() == 1);
        CHECK(asked.forbidden[0].path == tree.top + "/cgroup.procs");
    }
}

}  // namespace
}  // namespace crux::cgroup
