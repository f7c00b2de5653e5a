// Objects that an image or a second container puts in the way of masks, kernel parameters, the
// terminal and the read-only root. The numbers are those of the attacks in docs/security.md.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/security/canary.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"
#include "tests/support/terminal.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const std::string kCorePattern = "/proc/sys/kernel/core_pattern";

/// A writable part of procfs that is mounted anywhere except as the container's own /proc.
std::vector<std::string> writable_proc_binds(pid_t pid) {
    std::vector<std::string> found;
    for (const std::string& line :
         lines_of(read_file("/proc/" + std::to_string(pid) + "/mountinfo"))) {
        if (line.find(" - proc ") == std::string::npos) continue;
        const bool whole = line.find(" / /proc ") != std::string::npos;
        const bool read_only = line.find(" ro,") != std::string::npos;
        if (!whole && !read_only) found.push_back(line);
    }
    return found;
}

/// The image's own /dev instead of a new tmpfs.
void without_dev(Bundle& bundle) {
    json kept = json::array();
    for (const json& entry : bundle.config()["mounts"])
        if (!entry["destination"].get<std::string>().starts_with("/dev")) kept.push_back(entry);
    bundle.set("/mounts", kept).set("/root/readonly", false);
}

TEST_CASE("3: without pivot_root no fresh procfs or sysfs undoes the masks") {
    need_root();
    const Unchanged host;
    const std::string pattern = read_file(kCorePattern);
    const json all = {"CAP_DAC_OVERRIDE", "CAP_SYS_CHROOT", "CAP_MKNOD", "CAP_SETUID",
                      "CAP_SETGID"};
    const std::string attack =
        "mount -t proc proc /dev/p && echo MOUNTED; mount -t sysfs sysfs /dev/p && echo MOUNTED\n"
        "for f in /proc /dev/p; do\n"
        "test -e $f/sys && (echo x >$f/sys/kernel/core_pattern) 2>/dev/null && echo WROTE\n"
        "test -e $f/sys && (echo h >$f/sysrq-trigger) 2>/dev/null && echo WROTE\n"
        "done\n";
    for (const bool pivot : {true, false})
        for (const int uid : {0, 1000}) {
            INFO((pivot ? "pivot_root" : "--no-pivot") << " as " << uid);
            Bundle bundle;
            bundle.set("/process/user/uid", uid);
            bundle.set("/process/capabilities",
                       {{"bounding", all}, {"effective", all}, {"permitted", all}});
            // Without and with a private user namespace, whose root sees what is not covered.
            bundle.script("mkdir -m 777 /dev/p\n" + attack + "cat >/dev/shm/attack <<'EOF'\n" +
                          attack + "EOF\nunshare -Urmpf sh /dev/shm/attack\necho end");
            if (uid != 0) bundle.config()["mounts"][1]["options"] = {"nosuid", "mode=777"};
            Container container(bundle);
            container.global_options = bare_errors();
            const Outcome outcome = container.run(pivot ? std::vector<std::string>{}
                                                        : std::vector<std::string>{"--no-pivot"});
            INFO(outcome.describe());
            CHECK(outcome.out == "end\n");
            CHECK(read_file(kCorePattern) == pattern);
        }
}

TEST_CASE("15: a mask is the host's own null device, whatever the image has at /dev/null") {
    need_root();
    const Unchanged host;
    const std::string pattern = read_file(kCorePattern);
    for (const std::string what : {"link", "fifo", "file", "device", "folder"}) {
        INFO(what);
        Bundle bundle;
        without_dev(bundle);
        const std::string null = bundle.rootfs() + "/dev/null";
        if (what == "link") fs::create_symlink(kCorePattern, null);
        if (what == "fifo") REQUIRE(mkfifo(null.c_str(), 0666) == 0);
        if (what == "file") write_file(null, "mine");
        if (what == "device") REQUIRE(mknod(null.c_str(), S_IFCHR | 0666, makedev(1, 5)) == 0);
        if (what == "folder") fs::create_directory(null);
        bundle.set("/linux/maskedPaths", {"/proc/kcore", "/proc/keys", "/proc/timer_list"});
        const bool made = try_create(bundle, [&](Container&, pid_t pid) {
            CHECK(writable_proc_binds(pid).empty());
            for (const auto& line : mounts_at(pid, "/proc/kcore"))
                CHECK_THAT(line, Catch::Contains(" /null /proc/kcore "));
        });
        // A default device of another type is a separate error.
        CHECK_FALSE(made);
        CHECK(read_file(kCorePattern) == pattern);
    }
}

TEST_CASE("15: a mask is the null device also while /dev/null is exchanged") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    without_dev(bundle);
    if (!fs::exists("/proc/timer_list")) skip("this kernel has no /proc/timer_list to mask");
    fs::create_symlink(kCorePattern, bundle.rootfs() + "/dev/other");
    REQUIRE(mknod((bundle.rootfs() + "/dev/null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0);
    int created = 0;
    Rounds rounds("15: /dev/null exchanged for a link");
    {
        const Swapper swapper(bundle.rootfs() + "/dev/null", bundle.rootfs() + "/dev/other");
        while (rounds.next())
            if (try_create(bundle, [&](Container&, pid_t pid) {
                    CHECK(writable_proc_binds(pid).empty());
                    const auto masks = mounts_at(pid, "/proc/timer_list");
                    REQUIRE(masks.size() == 1);
                    CHECK_THAT(masks[0], Catch::Contains(" /null /proc/timer_list "));
                }))
                ++created;
    }
    std::cout << rounds.summary() << "; " << created << " created\n";
    CHECK(rounds.tries() > 5);
}

TEST_CASE("16: the console is the terminal itself, whatever the image has at /dev/console") {
    need_root();
    const Unchanged host;
    const Canary canary;
    for (const std::string& target :
         {std::string("/proc/sys/kernel/core_pattern"), canary.path() + "/file",
          canary.path() + "/new", std::string("null")}) {
        INFO(target);
        Bundle bundle;
        bundle.set("/process/terminal", true).set("/root/readonly", false);
        // The image's /dev with a devpts in it.
        json kept = json::array();
        for (const json& entry : bundle.config()["mounts"]) {
            const std::string at = entry["destination"];
            if (!at.starts_with("/dev") || at == "/dev/pts") kept.push_back(entry);
        }
        bundle.set("/mounts", kept).folder("dev/pts");
        fs::create_symlink(target, bundle.rootfs() + "/dev/console");
        const HandOver console(work_folder() + "/console");
        Container container(bundle);
        container.global_options = bare_errors();
        const Outcome created = container.create({"--console-socket", console.path()});
        INFO(created.describe());
        if (created.ok()) {
            for (const auto& line : mounts_at(container.pid(), "/dev/console"))
                CHECK_THAT(line, Catch::Contains(" - devpts "));
            CHECK(writable_proc_binds(container.pid()).empty());
            for (const auto& line :
                 lines_of(read_file("/proc/" + std::to_string(container.pid()) + "/mountinfo")))
                CHECK_THAT(line, !Catch::Contains(canary.path()));
        } else {
            check_refused(created);
        }
        canary.check(target);
    }
}

TEST_CASE("16: /dev/console that is exchanged for a link is never followed") {
    need_root();
    const Unchanged host;
    const Canary canary;
    Bundle bundle;
    bundle.set("/process/terminal", true).set("/root/readonly", false);
    json kept = json::array();
    for (const json& entry : bundle.config()["mounts"]) {
        const std::string at = entry["destination"];
        if (!at.starts_with("/dev") || at == "/dev/pts") kept.push_back(entry);
    }
    bundle.set("/mounts", kept).folder("dev/pts").file("dev/console", "");
    fs::create_symlink(kCorePattern, bundle.rootfs() + "/dev/other");
    Rounds rounds("16: /dev/console exchanged for a link");
    {
        const Swapper swapper(bundle.rootfs() + "/dev/console", bundle.rootfs() + "/dev/other");
        while (rounds.next()) {
            const HandOver console(work_folder() + "/console");
            Container container(bundle);
            container.global_options = bare_errors();
            const Outcome created = container.create({"--console-socket", console.path()});
            if (!created.ok()) {
                check_refused(created);
                continue;
            }
            const std::string mounts =
                read_file("/proc/" + std::to_string(container.pid()) + "/mountinfo");
            CHECK_THAT(mounts, !Catch::Contains("core_pattern"));
        }
    }
    std::cout << rounds.summary() << '\n';
    CHECK(rounds.tries() > 5);
}

TEST_CASE("17: a kernel parameter is written to the kernel, whatever is mounted over /proc/sys") {
    need_root();
    const Unchanged host;
    const std::string own = read_file("/proc/sys/net/ipv4/ip_forward");
    Bundle bundle;
    bundle.set("/linux/sysctl", {{"net.ipv4.ip_forward", own == "1\n" ? "0" : "1"}});
    bundle.set("/linux/readonlyPaths", json::array()).set("/linux/maskedPaths", json::array());
    // An obstacle like a shared mount of a second container.
    bundle.mount("/proc/sys", "tmpfs", "tmpfs", {"size=64k"});
    const bool made = try_create(bundle, [&](Container&, pid_t pid) {
        const Outcome seen = run(
            {"nsenter", "-n", "-t", std::to_string(pid), "cat", "/proc/sys/net/ipv4/ip_forward"});
        INFO(seen.describe());
        CHECK(seen.out == (own == "1\n" ? "0\n" : "1\n"));
    });
    INFO((made ? "created" : "refused"));
    CHECK(read_file("/proc/sys/net/ipv4/ip_forward") == own);
}

TEST_CASE("17: a parameter goes to no other file while a second container mounts over /proc") {
    need_root();
    const Unchanged host;
    const std::string own = read_file("/proc/sys/net/ipv4/ip_forward");
    const std::string wanted = own == "1\n" ? "0" : "1";
    const std::string pattern = read_file(kCorePattern);
    // The attacker shares the victim's root: links and a file appear and disappear at every name
    // below proc.
    Bundle bundle;
    bundle.set("/linux/sysctl", {{"net.ipv4.ip_forward", wanted}});
    const std::string proc = bundle.rootfs() + "/proc";
    fs::create_directories(proc + "/sys/net/ipv4");
    write_file(proc + "/sys/net/ipv4/ip_forward", "");
    fs::create_symlink("/proc/sys/kernel", bundle.rootfs() + "/other");
    int created = 0;
    Rounds rounds("17: /proc/sys exchanged for a link");
    {
        const Swapper swapper(proc + "/sys", bundle.rootfs() + "/other");
        while (rounds.next())
            if (try_create(bundle, [&](Container&, pid_t pid) {
                    const Outcome seen = run({"nsenter", "-n", "-t", std::to_string(pid), "cat",
                                              "/proc/sys/net/ipv4/ip_forward"});
                    CHECK(seen.out == wanted + "\n");
                }))
                ++created;
    }
    std::cout << rounds.summary() << "; " << created << " created\n";
    CHECK(created > 5);
    CHECK(read_file(kCorePattern) == pattern);
    CHECK(read_file("/proc/sys/net/ipv4/ip_forward") == own);
}

TEST_CASE("23: a read-only root is read-only, whatever is at /proc") {
    need_root();
    const Unchanged host;
    for (const std::string how : {"proc", "tmpfs", "nothing", "image"}) {
        INFO(how);
        Bundle bundle;
        json kept = json::array();
        for (const json& entry : bundle.config()["mounts"])
            if (entry["destination"] != "/proc") kept.push_back(entry);
        if (how != "proc") bundle.set("/mounts", kept);
        if (how == "tmpfs") bundle.mount("/proc", "tmpfs", "tmpfs", {"size=64k"});
        // The path that a runtime would follow if it opened its root again by a descriptor's name.
        if (how == "image")
            for (int i = 3; i < 20; ++i) bundle.folder("proc/self/fd/" + std::to_string(i));
        bundle.script(
            "touch /new /bin/new /etc/new 2>/dev/null; ls /new /bin/new /etc/new 2>/dev/null;"
            "(echo x >>/etc/passwd) 2>/dev/null && echo wrote; echo end");
        Container container(bundle);
        container.global_options = bare_errors();
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        // Only a procfs is accepted at /proc.
        if (how == "tmpfs")
            check_refused(outcome);
        else
            CHECK(outcome.out == "end\n");
    }
}

}  // namespace
}  // namespace crux::test
