// linux.devices and their cgroup rules.

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/runs.h"

namespace crux::test {
namespace {

using nlohmann::json;

json device(const char* type, const char* path, int major, int minor) {
    return {{"type", type}, {"path", path}, {"major", major}, {"minor", minor}};
}

TEST_CASE("devices of every type are made where they are listed, with owner and mode") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    json owned = device("c", "/dev/owned", 1, 3);
    owned.update({{"fileMode", 0640}, {"uid", 12}, {"gid", 34}});
    json fifo = {{"type", "p"}, {"path", "/dev/pipe"}, {"fileMode", 0600}, {"uid", 5}, {"gid", 6}};
    // Bits other than the permissions are not part of fileMode.
    json typed = device("c", "/opt/deep/zero", 1, 5);
    typed["fileMode"] = 0020666;
    bundle.set("/root/readonly", false)
        .set("/linux/devices", {owned, device("b", "/dev/loop9", 7, 9), fifo, typed,
                                device("u", "/dev/unbuffered", 1, 7)})
        .script(
            "stat -c '%n %F %a %u %g %t:%T' /dev/owned /dev/loop9 /dev/pipe /opt/deep/zero "
            "/dev/unbuffered");
    CHECK(output_of(bundle) ==
          "/dev/owned character special file 640 12 34 1:3\n"
          "/dev/loop9 block special file 666 0 0 7:9\n"
          "/dev/pipe fifo 600 5 6 0:0\n"
          "/opt/deep/zero character special file 666 0 0 1:5\n"
          "/dev/unbuffered character special file 666 0 0 1:7\n");
}

TEST_CASE("the default devices and links are there, and one that is listed takes their place") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    json null = device("c", "/dev/null", 1, 3);
    null.update({{"fileMode", 0600}});
    bundle.set("/linux/devices", {null})
        .script(
            "for d in null zero full random urandom tty; do stat -c '%n %a %t:%T' /dev/$d; "
            "done; for l in fd stdin stdout stderr ptmx core; do readlink /dev/$l; done; true");
    // Only on a kernel with /proc/kcore there is a link to it.
    const std::string core = ::access("/proc/kcore", F_OK) == 0 ? "/proc/kcore\n" : "";
    CHECK(output_of(bundle) ==
          "/dev/null 600 1:3\n/dev/zero 666 1:5\n/dev/full 666 1:7\n/dev/random 666 1:8\n"
          "/dev/urandom 666 1:9\n/dev/tty 666 5:0\n"
          "/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx\n" +
              core);
}

TEST_CASE("a node that is there already must be the same device") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.folder("nodes").set("/root/readonly", false);
    const std::string nodes = bundle.rootfs() + "/nodes/";
    const struct {
        const char* name;
        mode_t mode;
        dev_t number;
        bool same;
    } cases[] = {
        {"same", S_IFCHR | 0666, makedev(1, 3), true},
        {"other", S_IFCHR | 0666, makedev(1, 5), false},
        {"block", S_IFBLK | 0666, makedev(1, 3), false},
        {"file", S_IFREG | 0666, 0, false},
        {"fifo", S_IFIFO | 0666, 0, false},
    };
    for (const auto& one : cases) {
        INFO(one.name);
        REQUIRE(mknod((nodes + one.name).c_str(), one.mode, one.number) == 0);
        const std::string path = std::string("/nodes/") + one.name;
        bundle.set("/linux/devices", {device("c", path.c_str(), 1, 3)}).script("true");
        if (one.same) {
            CHECK(output_of(bundle) == "");
        } else {
            create_refused(bundle, "file exists");
            create_refused(bundle, "(config.json: /linux/devices/0)");
        }
    }
    // A link is not followed to its target.
    REQUIRE(symlink("same", (nodes + "link").c_str()) == 0);
    bundle.set("/linux/devices", {device("c", "/nodes/link", 1, 3)});
    create_refused(bundle, "file exists");
}

TEST_CASE("in a user namespace the host's nodes are bound") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const json map = json::array({{{"containerID", 0}, {"hostID", 100000}, {"size", 65536}}});
    bundle.name_space("user")
        .set("/linux/uidMappings", map)
        .set("/linux/gidMappings", map)
        .script("stat -c '%n %F %t:%T' /dev/null /dev/zero; echo x > /dev/null && echo written");
    CHECK(output_of(bundle) ==
          "/dev/null character special file 1:3\n/dev/zero character special file 1:5\nwritten\n");
    bundle.set("/linux/devices", {device("c", "/dev/null", 1, 5)});
    create_refused(bundle, "file exists");
}

/// Tries to make and to open nodes, one in each line: "1:3 mknod open".
std::string tries(const json& rules) {
    Bundle bundle;
    for (const char* set : {"bounding", "effective", "permitted"})
        bundle.set(std::string("/process/capabilities/") + set + "/-", "CAP_MKNOD");
    bundle.set("/linux/resources/devices", rules)
        .mount("/tmp", "tmpfs", "tmpfs", {"dev"})
        .script(
            "cd /tmp; for n in 'c 1 3' 'c 1 5' 'c 10 200' 'b 7 9'; do "
            "set -- $n; r=''; mknod n $1 $2 $3 2>/dev/null && r=made; "
            "dd if=n of=/dev/null count=0 2>/dev/null && [ -e n ] && r=\"$r,read\"; "
            "( : > n ) 2>/dev/null && [ -c n ] && r=\"$r,write\"; rm -f n; "
            "echo \"$n $r\"; done");
    return output_of(bundle);
}

TEST_CASE("device rules are applied in order, with wildcards and parts of the access") {
    need_root();
    const Unchanged host;
    const json deny_all = {{"allow", false}, {"access", "rwm"}};
    const auto tun = [](bool allow, const char* access, bool minor = true) {
        json rule = {{"allow", allow}, {"type", "c"}, {"major", 10}, {"access", access}};
        if (minor) rule["minor"] = 200;
        return rule;
    };
    const auto gives = [](const json& rules, const std::string& line) {
        INFO(rules.dump());
        CHECK_THAT(tries(rules), Catch::Contains(line));
    };
    // mknod of any device and the default devices are always allowed.
    gives(json::array({deny_all}), "c 1 3 made,read,write\nc 1 5 made,read,write\n");
    gives(json::array({deny_all}), "c 10 200 made\nb 7 9 made\n");
    gives(json::array({deny_all, tun(true, "r")}), "c 10 200 made,read\n");
    gives(json::array({deny_all, tun(true, "rw")}), "c 10 200 made,read,write\n");
    gives(json::array({deny_all, tun(true, "rw", false)}), "c 10 200 made,read,write\n");
    gives(json::array({{{"allow", true}, {"access", "rwm"}}, tun(false, "w")}),
          "c 10 200 made,read\n");
    // A later rule revokes an earlier permission.
    gives(json::array({deny_all, tun(true, "rw"), tun(false, "rw")}), "c 10 200 made\n");
    gives(json::array({deny_all, tun(true, "rw"), tun(false, "w")}), "c 10 200 made,read\n");
    gives(json::array({tun(true, "rw"), deny_all}), "c 10 200 made\n");
}

}  // namespace
}  // namespace crux::test
