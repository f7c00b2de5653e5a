#include "runtime/host/cgroup_layout.h"

#include <chrono>

#include "runtime/base/text.h"
#include "tests/support/catch.h"

using namespace crux;
using namespace crux::host;

namespace {

CgroupLayout layout_of(std::string_view memberships, std::string_view mountinfo) {
    auto layout = parse_cgroup_layout(memberships, mountinfo);
    REQUIRE(layout);
    return *layout;
}

// Debian's systemd with the hybrid layout: controllers mounted together, links beside them.
constexpr std::string_view kSystemdHybridMounts =
    "24 30 0:22 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n"
    "33 24 0:28 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755\n"
    "34 33 0:29 / /sys/fs/cgroup/unified rw,nosuid shared:10 - cgroup2 cgroup2 rw,nsdelegate\n"
    "35 33 0:30 / /sys/fs/cgroup/systemd rw,nosuid shared:11 - cgroup cgroup "
    "rw,xattr,name=systemd\n"
    "39 33 0:34 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:15 - cgroup cgroup rw,cpu,cpuacct\n"
    "40 33 0:35 / /sys/fs/cgroup/cpuset rw,nosuid shared:16 - cgroup cgroup rw,cpuset\n"
    "41 33 0:36 / /sys/fs/cgroup/net_cls,net_prio rw shared:17 - cgroup cgroup "
    "rw,net_cls,net_prio\n";

}  // namespace

TEST_CASE("a unified host has one hierarchy and no v1") {
    CgroupLayout layout = layout_of(
        "0::/user.slice/user-0.slice/session-1.scope\n",
        "28 24 0:25 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
    CHECK(layout.mode == CgroupMode::v2);
    REQUIRE(layout.hierarchies.size() == 1);
    CHECK(layout.unified() == layout.hierarchies.data());
    CHECK(layout.hierarchies[0].mountpoint == "/sys/fs/cgroup");
    CHECK(layout.hierarchies[0].own_path == "/user.slice/user-0.slice/session-1.scope");
    CHECK(layout.hierarchies[0].own_directory ==
          "/sys/fs/cgroup/user.slice/user-0.slice/session-1.scope");
}

TEST_CASE("a hybrid systemd host has controllers mounted together and a named hierarchy") {
    CgroupLayout layout = layout_of(
        "6:net_cls,net_prio:/\n5:cpuset:/\n4:cpu,cpuacct:/a\n1:name=systemd:/init.scope\n0::/"
        "init.scope\n",
        kSystemdHybridMounts);
    CHECK(layout.mode == CgroupMode::hybrid);
    REQUIRE(layout.hierarchies.size() == 5);
    REQUIRE(layout.find("cpuacct") != nullptr);
    CHECK(layout.find("cpuacct") == layout.find("cpu"));
    CHECK(layout.find("cpu")->own_directory == "/sys/fs/cgroup/cpu,cpuacct/a");
    REQUIRE(layout.find("name=systemd") != nullptr);
    CHECK(layout.find("name=systemd")->mountpoint == "/sys/fs/cgroup/systemd");
    REQUIRE(layout.unified() != nullptr);
    CHECK(layout.unified()->mountpoint == "/sys/fs/cgroup/unified");
    CHECK(layout.find("memory") == nullptr);
}

TEST_CASE("a v1 host does not count a cgroup2 hierarchy that is not mounted") {
    CgroupLayout layout =
        layout_of("3:memory:/\n2:devices:/\n0::/\n",
                  "33 24 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
                  "34 33 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
    CHECK(layout.mode == CgroupMode::v1);
    REQUIRE(layout.hierarchies.size() == 1);
    CHECK(layout.hierarchies[0].version == 1);
}

TEST_CASE("a host without a mounted cgroup file system has none") {
    CHECK(layout_of("0::/\n", "24 30 0:22 / /sys rw - sysfs sysfs rw\n").mode == CgroupMode::none);
    CHECK(layout_of("", "").mode == CgroupMode::none);
}

TEST_CASE("a container that sees a part of a v1 tree finds its own cgroup at the mount's top") {
    CgroupLayout layout = layout_of(
        "4:memory:/docker/abc\n2:pids:/docker/abc/inner\n",
        "700 699 0:30 /docker/abc /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory\n"
        "701 699 0:31 /docker/abc /sys/fs/cgroup/pids ro,nosuid - cgroup cgroup rw,pids\n");
    CHECK(layout.find("memory")->own_directory == "/sys/fs/cgroup/memory");
    CHECK(layout.find("memory")->own_path == "/docker/abc");
    CHECK(layout.find("pids")->own_directory == "/sys/fs/cgroup/pids/inner");
}

TEST_CASE("a cgroup that the mount does not show has no directory") {
    const std::string_view mount =
        "700 699 0:30 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
    CHECK(layout_of("4:memory:/docker/abcdef\n", mount).find("memory")->own_directory.empty());
    CHECK(layout_of("4:memory:/../other\n", "1 0 0:30 / /m rw - cgroup cgroup rw,memory\n")
              .find("memory")
              ->own_directory.empty());
}

TEST_CASE("escaped characters in mount points are decoded") {
    CgroupLayout layout =
        layout_of("2:cpu,cpuacct:/a b\n",
                  "9 1 0:30 / /my\\040odd\\011\\134dir/cpu rw - cgroup cgroup rw,cpu,cpuacct\n");
    CHECK(layout.find("cpu")->mountpoint == "/my odd\t\\dir/cpu");
    CHECK(layout.find("cpu")->own_directory == "/my odd\t\\dir/cpu/a b");
}

TEST_CASE("invalid escapes are left unchanged") {
    CHECK(unescaped("a\\04") == "a\\04");
    CHECK(unescaped("a\\") == "a\\");
    CHECK(unescaped("a\\x41b") == "a\\x41b");
    CHECK(unescaped("\\0401") == " 1");
    CHECK(unescaped("\\777") == "\\777");
}

TEST_CASE("a second mount of a hierarchy elsewhere does not replace the usual mount point") {
    CgroupLayout layout =
        layout_of("2:cpu:/\n0::/\n",
                  "50 1 0:30 / /srv/rootfs/sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
                  "60 1 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
                  "61 1 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
                  "62 1 0:31 / /mnt rw - cgroup2 cgroup2 rw\n");
    CHECK(layout.find("cpu")->mountpoint == "/sys/fs/cgroup/cpu");
    CHECK(layout.unified()->mountpoint == "/sys/fs/cgroup/unified");
}

TEST_CASE("a mount that shows our own cgroup is preferred to one that does not") {
    CgroupLayout layout =
        layout_of("2:cpu:/mine\n",
                  "60 1 0:30 /other /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
                  "61 1 0:30 / /mnt/cpu rw - cgroup cgroup rw,cpu\n");
    CHECK(layout.find("cpu")->own_directory == "/mnt/cpu/mine");
}

TEST_CASE("mounts hidden by later ones are skipped") {
    SECTION("on top of the mount itself") {
        CHECK(layout_of("0::/\n",
                        "60 1 0:31 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
                        "61 60 0:40 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n")
                  .mode == CgroupMode::none);
    }
    SECTION("on top of the file system that holds it") {
        CHECK(layout_of("2:cpu:/\n",
                        "60 1 0:31 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
                        "61 60 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
                        "62 60 0:41 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n")
                  .mode == CgroupMode::none);
    }
    SECTION("on a directory above its point") {
        CHECK(layout_of("0::/\n",
                        "20 1 0:20 / /sys rw - sysfs sysfs rw\n"
                        "60 20 0:31 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
                        "61 20 0:40 / /sys/fs rw - tmpfs tmpfs rw\n")
                  .mode == CgroupMode::none);
    }
    SECTION("but not by a neighbour with a longer name") {
        CHECK(layout_of("0::/\n",
                        "60 1 0:31 / /sys/fs/cgroup2 rw - cgroup2 cgroup2 rw\n"
                        "61 1 0:40 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n")
                  .mode == CgroupMode::v2);
    }
}

TEST_CASE("mounts that are each other's parents are examined once each") {
    std::string mountinfo;
    for (int i = 0; i < 1500; ++i)
        mountinfo += cat(i, ' ', 1 - (i % 2), " 0:31 / /a", i, " rw - cgroup2 cgroup2 rw\n");
    const auto begin = std::chrono::steady_clock::now();
    CHECK(layout_of("0::/\n", mountinfo).unified()->mountpoint == "/a0");
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("mount entries may have any number of optional fields and an empty source") {
    auto mounts = parse_mountinfo(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "2 1 0:5 / /a rw shared:1 master:2 propagate_from:3 unbindable - tmpfs  rw,size=1k\n"
        "3 1 0:4 net:[4026531840] /run/ns rw - nsfs nsfs rw\n");
    REQUIRE(mounts);
    REQUIRE(mounts->size() == 3);
    CHECK((*mounts)[1].type == "tmpfs");
    CHECK((*mounts)[1].options == "rw,size=1k");
    CHECK((*mounts)[2].root == "net:[4026531840]");
}

TEST_CASE("a line that is not a mount or a membership is an error that shows the line") {
    auto mounts = parse_mountinfo("1 0 8:1 / / rw ext4\n");
    REQUIRE(!mounts);
    CHECK(mounts.error().message() == "/proc/self/mountinfo: cannot parse \"1 0 8:1 / / rw ext4\"");
    auto memberships = parse_memberships("0:/\n");
    REQUIRE(!memberships);
    CHECK(memberships.error().message() == "/proc/self/cgroup: cannot parse \"0:/\"");
}

TEST_CASE("a cgroup path may contain colons") {
    auto memberships = parse_memberships("1:name=systemd:/a:b\n0::/c:d\n");
    REQUIRE(memberships);
    CHECK((*memberships)[0].path == "/a:b");
    CHECK((*memberships)[1].path == "/c:d");
}

TEST_CASE("kernel releases of distributions have a version") {
    CHECK(parse_kernel_release("6.1.0-13-amd64") == KernelVersion{6, 1});
    CHECK(parse_kernel_release("5.10-rc3") == KernelVersion{5, 10});
    CHECK(parse_kernel_release("7.0+") == KernelVersion{7, 0});
    CHECK(!parse_kernel_release("linux"));
    CHECK(!parse_kernel_release("6.x"));
    CHECK(KernelVersion{5, 14}.at_least(5, 12));
    CHECK(!KernelVersion{4, 20}.at_least(5, 12));
    CHECK(KernelVersion{6, 1}.at_least(5, 12));
}

TEST_CASE("controllers are the words of their file") {
    CHECK(parse_controllers("cpuset cpu io memory pids\n") ==
          std::vector<std::string>{"cpuset", "cpu", "io", "memory", "pids"});
    CHECK(parse_controllers("\n").empty());
}
