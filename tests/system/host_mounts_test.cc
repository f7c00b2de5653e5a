// Containers without a mount namespace: their mounts are the host's, and are removed with them
// (docs/decisions/0011).

#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

/// Without a mount namespace, and without the properties that require one.
Bundle& on_host(Bundle& bundle) {
    return bundle.without_name_space("mount")
        .remove("/linux/maskedPaths")
        .remove("/linux/readonlyPaths");
}

/// The mount points at this path and below it, as listed by the kernel.
std::vector<std::string> mount_points(const std::string& path) {
    std::vector<std::string> found;
    for (const std::string& line : lines_of(read_file("/proc/self/mountinfo"))) {
        std::istringstream words(line);
        std::string point;
        for (int field = 0; field < 5; ++field) words >> point;
        if (point == path || point.starts_with(path + '/')) found.push_back(point);
    }
    return found;
}

bool is_listed(const std::vector<std::string>& points, const std::string& point) {
    return std::ranges::find(points, point) != points.end();
}

/// A tmpfs of the host in its own peer group, until the object is destroyed.
class SharedMount {
 public:
    explicit SharedMount(std::string path) : path_(std::move(path)) {
        CHECK(mkdir(path_.c_str(), 0755) == 0);
        CHECK(::mount("tmpfs", path_.c_str(), "tmpfs", 0, nullptr) == 0);
        CHECK(::mount(nullptr, path_.c_str(), nullptr, MS_SHARED, nullptr) == 0);
    }
    ~SharedMount() { umount2(path_.c_str(), MNT_DETACH); }
    SharedMount(const SharedMount&) = delete;
    SharedMount& operator=(const SharedMount&) = delete;

 private:
    std::string path_;
};

TEST_CASE("without a mount namespace the mounts lie below the root and go with the container") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    on_host(bundle).set("/process/args", {"/bin/sleep", "1000"});
    Container container(bundle);
    must(container.create());
    must(container.start());
    CHECK(is_listed(mount_points(bundle.rootfs()), bundle.rootfs() + "/dev/pts"));
    CHECK(link_of("/proc/" + std::to_string(container.pid()) + "/ns/mnt") ==
          link_of("/proc/self/ns/mnt"));
    const Outcome inside = container.crux(
        {"exec", container.id(), "/bin/sh", "-c", "test -c /dev/null && stat -f -c %T /proc /dev"});
    CHECK(inside.out == "proc\ntmpfs\n");
    CHECK(container.crux({"exec", container.id(), "/bin/touch", "/file"}).status == 1);
    must(container.kill());
    REQUIRE(container.reaches("stopped"));
    must(container.remove());
    CHECK(mount_points(bundle.rootfs()).empty());
}

TEST_CASE("a foreground run without a mount namespace leaves no mount") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    on_host(bundle).script("grep -c ' / ' /proc/self/mountinfo >/dev/null && echo mounted");
    Container container(bundle);
    const Outcome outcome = container.run();
    CHECK(outcome.out == "mounted\n");
    CHECK(outcome.status == 0);
}

TEST_CASE("mounts of a container without a mount namespace leave shared mounts of the host alone") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const std::string source = bundle.path() + "/source";
    const SharedMount shared(source);
    const SharedMount below(source + "/below");
    CHECK(mkdir((source + "/new").c_str(), 0755) == 0);
    on_host(bundle)
        .folder("data")
        .mount("/data", "bind", source, {"rbind"})
        .mount("/data/new", "tmpfs", "tmpfs")
        .args({"/bin/sleep", "1000"});
    const Sleeper container(bundle);
    CHECK(is_listed(mount_points(bundle.rootfs()), bundle.rootfs() + "/data/new"));
    CHECK(is_listed(mount_points(bundle.rootfs()), bundle.rootfs() + "/data/below"));
    const std::vector<std::string> before = {source, source + "/below"};
    CHECK(mount_points(source) == before);
    must(container.crux({"delete", "--force", container.id()}));
    CHECK(mount_points(source) == before);
    CHECK(mount_points(bundle.rootfs()).empty());
}

TEST_CASE("what was mounted at the root of a container without a mount namespace stays") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const std::string root = bundle.rootfs();
    const std::string peer = bundle.path() + "/peer";
    REQUIRE(mkdir(peer.c_str(), 0755) == 0);
    REQUIRE(::mount(root.c_str(), root.c_str(), nullptr, MS_BIND, nullptr) == 0);
    // A private peer group, whatever the host's is.
    REQUIRE(::mount(nullptr, root.c_str(), nullptr, MS_PRIVATE, nullptr) == 0);
    REQUIRE(::mount(nullptr, root.c_str(), nullptr, MS_SHARED, nullptr) == 0);
    // A mount on the root appears here too, as in other mount namespaces.
    REQUIRE(::mount(root.c_str(), peer.c_str(), nullptr, MS_BIND, nullptr) == 0);
    {
        const SharedMount below(root + "/below");
        on_host(bundle).args({"/bin/ls", "-d", "/below"});
        const std::vector<std::string> before = mount_points(bundle.path());
        CHECK(before.size() == 4);
        Container container(bundle);
        must(container.create());
        CHECK(mount_points(root).size() > before.size());
        CHECK(mount_points(peer) == std::vector<std::string>{peer, peer + "/below", peer});
        must(container.remove({"--force"}));
        CHECK(mount_points(bundle.path()) == before);
        must(container.remove({"--force"}));
        CHECK(mount_points(bundle.path()) == before);
    }
    CHECK(umount2(peer.c_str(), 0) == 0);
    CHECK(umount2(root.c_str(), 0) == 0);
}

TEST_CASE("mounts over the root of a container without a mount namespace are removed with it") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    on_host(bundle);
    const std::string root = bundle.rootfs();
    Container container(bundle);
    must(container.create());
    REQUIRE(::mount("tmpfs", root.c_str(), "tmpfs", 0, nullptr) == 0);
    must(container.remove({"--force"}));
    CHECK(mount_points(root).empty());
}

TEST_CASE("a container without a mount namespace and without mounts makes none") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    on_host(bundle).remove("/mounts").set("/root/readonly", false);
    Container container(bundle);
    must(container.create());
    CHECK(mount_points(bundle.rootfs()).empty());
    must(container.remove({"--force"}));
}

TEST_CASE("without a mount namespace nothing can be hidden, and a user namespace mounts nothing") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.without_name_space("mount");
    Container container(bundle);
    container.global_options = bare_errors();
    refused_with(container.create(),
                 "unable to restrict sys entries without a private MNT namespace");
    on_host(bundle).name_space("user");
    const nlohmann::json map =
        nlohmann::json::array({{{"containerID", 0}, {"hostID", 100'000}, {"size", 65'536}}});
    bundle.set("/linux/uidMappings", map).set("/linux/gidMappings", map);
    refused_with(container.create(), "requires a mount namespace of the container");
}

}  // namespace
}  // namespace crux::test
