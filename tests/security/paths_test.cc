// Names in an image that lead out of its root: nothing outside changes. The numbers are those of
// the attacks in docs/security.md.

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/security/canary.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Replaces a name in the root by a symbolic link.
void link_in(const Bundle& bundle, const std::string& name, const std::string& target) {
    fs::remove_all(bundle.rootfs() + "/" + name);
    fs::create_symlink(target, bundle.rootfs() + "/" + name);
}

void with_user_namespace(Bundle& bundle) {
    const json map = json::array({{{"containerID", 0}, {"hostID", 0}, {"size", 65536}}});
    bundle.name_space("user").set("/linux/uidMappings", map).set("/linux/gidMappings", map);
}

TEST_CASE("5: an image's /proc or /sys that is a link or a file is no way to mount elsewhere") {
    need_root();
    const Unchanged host;
    const Canary canary;
    for (const std::string name : {"proc", "sys"}) {
        const std::vector<std::string> links = {
            canary.path(), "/anything", "../../" + fs::path(canary.path()).filename().string(),
            "self",        "tmp",       "."};
        for (const std::string& target : links) {
            INFO(name << " -> " << target);
            Bundle bundle;
            link_in(bundle, name, target);
            try_create(bundle, [&](Container&, pid_t pid) {
                CHECK(mounts_at(pid, "/" + name).size() == 1);
            });
            canary.check(name + " -> " + target);
        }
        Bundle bundle;
        fs::remove_all(bundle.rootfs() + "/" + name);
        bundle.file(name, "a file");
        CHECK_FALSE(try_create(bundle, [](Container&, pid_t) {}));
    }
}

TEST_CASE("5: only a procfs may be mounted over /proc") {
    need_root();
    const Unchanged host;
    const Canary canary;
    for (const std::string target : {"/proc", "/proc/", "/tmp/../proc", "/proclink",
                                     "/proc/self/attr", "/proc/self", "/proc/sys/kernel"}) {
        INFO(target);
        Bundle bundle;
        link_in(bundle, "proclink", "proc");
        bundle.mount(target, "bind", canary.path(), {"rbind", "rw"});
        CHECK_FALSE(try_create(bundle, [](Container&, pid_t) {}));
    }
}

TEST_CASE("5: /proc that is exchanged for a link while create works stays inside") {
    need_root();
    const Unchanged host;
    const Canary canary;
    Bundle bundle;
    link_in(bundle, "swapped", canary.path());
    int created = 0;
    Rounds rounds("5: /proc exchanged for a link");
    {
        const Swapper swapper(bundle.rootfs() + "/proc", bundle.rootfs() + "/swapped");
        while (rounds.next()) {
            const bool made = try_create(bundle, [](Container&, pid_t pid) {
                const auto mounts = mounts_at(pid, "/proc");
                REQUIRE(mounts.size() <= 1);
                for (const auto& line : mounts) CHECK_THAT(line, Catch::Contains(" - proc "));
            });
            if (made) ++created;
        }
    }
    std::cout << rounds.summary() << "; " << created << " created\n";
    CHECK(rounds.tries() > 5);
}

TEST_CASE("7: chains of links as mount destinations end inside the root") {
    need_root();
    const Unchanged host;
    const Canary canary;
    Bundle bundle;
    bundle.set("/root/readonly", false);
    link_in(bundle, "to-host", canary.path());
    link_in(bundle, "to-root", "/");
    link_in(bundle, "up", "../../../../../../../.." + canary.path());
    link_in(bundle, "dangling", canary.path() + "/new");
    link_in(bundle, "dangling-up", "../../../../.." + canary.path() + "/new/deep");
    link_in(bundle, "loop", "loop");
    for (int i = 0; i < 45; ++i)
        link_in(bundle, "chain" + std::to_string(i), "chain" + std::to_string(i + 1));
    link_in(bundle, "chain45", canary.path());
    for (int i = 0; i < 30; ++i)
        link_in(bundle, "short" + std::to_string(i), "short" + std::to_string(i + 1));
    link_in(bundle, "short30", canary.path() + "/folder");
    const json mounts = bundle.config()["mounts"];
    for (const std::string target :
         {"/to-host", "/to-host/", "/to-host/folder", "/to-host/made", "/to-root/tmp/x", "/up",
          "/up/made/deep", "/dangling", "/dangling/more", "/dangling-up", "/loop", "/chain0",
          "/short0", "/short0/below", "/short0/../made", "/../../../../tmp/y", "/to-host/../z",
          "/tmp/../../../../to-host/w"}) {
        for (const bool file : {false, true}) {
            INFO(target << (file ? " file" : " tmpfs"));
            bundle.config()["mounts"] = mounts;
            if (file)
                bundle.mount(target, "bind", canary.path() + "/file", {"bind", "ro"});
            else
                bundle.mount(target, "tmpfs", "tmpfs", {"size=64k"});
            try_create(bundle, [](Container&, pid_t) {});
            canary.check(target);
        }
    }
    // The new file is inside the root, at the link's target as seen from there.
    CHECK(fs::exists(bundle.rootfs() + canary.path()));
}

TEST_CASE("8: a mount below a volume's directory that turns to a link never lands on the host") {
    need_root();
    const Unchanged host;
    const Canary canary;
    const std::string volume = work_folder() + "/volume";
    fs::create_directories(volume + "/dir/folder");
    fs::create_symlink("/", volume + "/link");
    Bundle bundle;
    bundle.mount("/vol", "bind", volume, {"rbind", "rw"});
    bundle.folder("vol");
    bundle.mount("/vol/dir" + canary.path() + "/folder", "tmpfs", "tmpfs", {"size=64k"});
    bundle.mount("/vol/dir/folder", "bind", bundle.rootfs() + "/tmp", {"bind"});
    Rounds rounds("8: a volume's directory exchanged for a link");
    {
        const Swapper swapper(volume + "/dir", volume + "/link");
        while (rounds.next()) try_create(bundle, [](Container&, pid_t) {});
    }
    std::cout << rounds.summary() << '\n';
    CHECK(rounds.tries() > 5);
    fs::remove_all(volume);
}

TEST_CASE(
    "14: directories that are made for a mount are made inside, also while names are swapped") {
    need_root();
    const Unchanged host;
    const Canary canary;
    Bundle bundle;
    bundle.set("/root/readonly", false).folder("a/b").folder("other");
    link_in(bundle, "a/link", canary.path());
    link_in(bundle, "top", canary.path());
    Rounds rounds("14: missing directories exchanged for links");
    {
        const Swapper below(bundle.rootfs() + "/a/b", bundle.rootfs() + "/a/link");
        const Swapper above(bundle.rootfs() + "/other", bundle.rootfs() + "/top");
        const json mounts = bundle.config()["mounts"];
        while (rounds.next()) {
            const std::string number = std::to_string(rounds.tries());
            bundle.config()["mounts"] = mounts;
            bundle.mount("/a/b/new" + number + "/deep/er", "tmpfs", "tmpfs", {"size=64k"});
            bundle.mount("/other/new" + number, "bind", canary.path() + "/file", {"bind", "ro"});
            try_create(bundle, [](Container&, pid_t) {});
        }
    }
    std::cout << rounds.summary() << '\n';
    CHECK(rounds.tries() > 5);
}

TEST_CASE("18: an image's /dev that is a link lets nothing be made or removed outside") {
    need_root();
    const Unchanged host;
    const Canary canary;
    const std::string name = fs::path(canary.path()).filename();
    for (const std::string& target :
         {canary.path(), "../../" + name, "../../../../../../../.." + canary.path(),
          std::string("devlink"), std::string("/devlink")})
        for (const bool mounted : {true, false})
            for (const bool userns : {false, true}) {
                INFO("/dev -> " << target << (mounted ? ", mounted" : "")
                                << (userns ? ", user ns" : ""));
                Bundle bundle;
                bundle.set("/root/readonly", false).args({"/bin/true"});
                link_in(bundle, "devlink", canary.path());
                link_in(bundle, "dev", target);
                if (!mounted) {
                    json kept = json::array();
                    for (const json& entry : bundle.config()["mounts"])
                        if (!entry["destination"].get<std::string>().starts_with("/dev"))
                            kept.push_back(entry);
                    bundle.set("/mounts", kept);
                }
                if (userns) with_user_namespace(bundle);
                try_create(bundle, [](Container& container, pid_t) { container.start(); });
                Container ran(bundle);
                ran.global_options = bare_errors();
                const Outcome outcome = ran.run();
                CHECK_FALSE(outcome.timed_out);
                canary.check("/dev -> " + target);
            }
}

TEST_CASE("19: an image's own /dev/console and /dev/null are never followed or passed on") {
    need_root();
    const Unchanged host;
    const Canary canary;
    for (const std::string how :
         {"console link", "null link", "null file", "null fifo", "null device"})
        for (const int uid : {0, 1000}) {
            INFO(how << " as " << uid);
            Bundle bundle;
            bundle.set("/root/readonly", false).set("/process/user/uid", uid);
            bundle.args({"/bin/sh", "-c", "ls -l /proc/self/fd"});
            bundle.config()["mounts"] = json::array({bundle.config()["mounts"][0]});
            const std::string dev = bundle.rootfs() + "/dev/";
            if (how == "console link") link_in(bundle, "dev/console", canary.path() + "/new");
            if (how == "null link") link_in(bundle, "dev/null", canary.path() + "/file");
            if (how == "null file") bundle.file("dev/null", "a file");
            if (how == "null fifo") REQUIRE(mkfifo((dev + "null").c_str(), 0666) == 0);
            if (how == "null device")
                REQUIRE(mknod((dev + "null").c_str(), S_IFCHR | 0666, makedev(1, 5)) == 0);
            if (how == "null link")
                bundle.mount(canary.path() + "/file", "bind", canary.path() + "/file", {"bind"});
            Container container(bundle);
            container.global_options = bare_errors();
            const Outcome outcome = container.run();
            if (how != "console link") check_refused(outcome);
            INFO(outcome.describe());
            CHECK_THAT(outcome.out, !Catch::Contains("canary"));
            canary.check(how);
        }
}

}  // namespace
}  // namespace crux::test
