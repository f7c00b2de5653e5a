// Another process exchanges the mount points of a container while it is created. The number is that
// of the attack in docs/security.md.

#include <sys/stat.h>
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

/// A container whose program looks at one mount point, which is exchanged for another directory.
struct Victim {
    explicit Victim(std::string mount_point) : name(std::move(mount_point)) {
        const std::string program = crux_program();
        bundle.file("bin/probe",
                    read_file(program.substr(0, program.rfind('/')) + "/crux-test-probe"), 0755);
        bundle.folder(name).folder(name + ".other");
        fs::permissions(path() + ".other", fs::perms::owner_all);
        bundle.args({"/bin/probe", name}).set("/root/readonly", false);
    }
    [[nodiscard]] std::string path() const { return bundle.rootfs() + "/" + name; }

    std::string name;
    Bundle bundle;
    int ran = 0;
};

/// Creates and runs the container once while its mount point is exchanged.
void attack(Victim& victim, Rounds& rounds) {
    const Outcome outcome = [&] {
        const Swapper swapper(victim.path(), victim.path() + ".other", Pace::irregular);
        Container container(victim.bundle);
        container.global_options = bare_errors();
        return container.run();
    }();
    if (!outcome.ok()) return check_refused(outcome);
    INFO(outcome.describe());
    ++victim.ran;
    CHECK_THAT(outcome.out, Catch::EndsWith("right\n"));
    if (outcome.out.find("won") != std::string::npos) rounds.win(outcome.out);
}

TEST_CASE("26: what was mounted cannot be moved away from what is made on it") {
    need_root();
    const Unchanged host;
    // Masks, read-only paths, cgroups, device files, the mode of a tmpfs, the working directory;
    // and a hook that gives time.
    Victim proc("proc");
    Victim sys("sys");
    sys.bundle.mount("/sys/fs/cgroup", "cgroup", "cgroup", {"ro", "nosuid", "noexec", "nodev"});
    Victim dev("dev");
    Victim run("run");
    run.bundle.mount("/run", "tmpfs", "tmpfs", {"nosuid"});
    Victim data("data");
    const std::string volume = work_folder() + "/marked";
    fs::create_directories(volume);
    write_file(volume + "/marker", "");
    data.bundle.mount("/data", "bind", volume, {"bind"}).set("/process/cwd", "/data");
    Victim hooked("proc");
    hooked.bundle.set("/hooks/createContainer",
                      json::array({{{"path", "/bin/sleep"}, {"args", {"sleep", "0.005"}}}}));
    Victim* const victims[] = {&proc, &sys, &dev, &run, &data, &hooked};
    Rounds rounds("exchanged mount points");
    while (rounds.next())
        attack(*victims[static_cast<std::size_t>(rounds.tries()) % std::size(victims)], rounds);
    std::cout << rounds.summary() << "; ran:";
    for (const Victim* victim : victims) {
        std::cout << ' ' << victim->name << ' ' << victim->ran;
        CHECK(victim->ran > 0);
    }
    std::cout << '\n';
    CHECK(rounds.wins() == 0);
    fs::remove_all(volume);
}

/// Files whose content tells which mode and owner belong to it.
void make_originals(const std::string& folder) {
    const auto own = [&](const std::string& name, uid_t uid, mode_t mode) {
        const std::string path = folder + "/" + name;
        REQUIRE(lchown(path.c_str(), uid, uid) == 0);
        if (mode != 0) REQUIRE(chmod(path.c_str(), mode) == 0);
    };
    for (const char* name : {"root", "user", "plain"}) write_file(folder + "/" + name, name);
    REQUIRE(mkfifo((folder + "/fifo").c_str(), 0666) == 0);
    fs::create_directories(folder + "/folder/in");
    fs::create_symlink("target", folder + "/link");
    own("root", 0, 04755);
    own("user", 1000, 0644);
    own("plain", 7, 0604);
    own("fifo", 1001, 0666);
    own("folder", 8, 0711);
    own("link", 1000, 0);
}

TEST_CASE("31: a copied file has content, mode and owner of one file") {
    need_root();
    const Unchanged host;
    Victim victim("copy");
    make_originals(victim.path());
    victim.bundle.mount("/copy", "tmpfs", "tmpfs", {"tmpcopyup", "mode=755"});
    Rounds rounds("exchanged files of a tmpcopyup");
    const std::string at = victim.path() + "/";
    {
        const Swapper swapper({{at + "root", at + "user"},
                               {at + "plain", at + "fifo"},
                               {at + "folder", at + "link"},
                               {at + "user", at + "plain"},
                               {at + "link", at + "root"}},
                              Pace::steady);
        while (rounds.next()) {
            Container container(victim.bundle);
            container.global_options = bare_errors();
            const Outcome outcome = container.run({}, {.timeout = 3s});
            INFO(outcome.describe());
            if (outcome.timed_out) rounds.win("hung");
            if (outcome.out.find("won") != std::string::npos) rounds.win(outcome.out);
            if (outcome.ok()) ++victim.ran;
        }
    }
    std::cout << rounds.summary() << "; ran " << victim.ran << '\n';
    CHECK(rounds.wins() == 0);
    CHECK(victim.ran > 0);
}

TEST_CASE("26: an exchanged mount point fails the create") {
    need_root();
    const Unchanged host;
    for (const std::string name : {"proc", "sys", "dev", "run"}) {
        INFO(name);
        Victim victim(name);
        if (name == "run") victim.bundle.mount("/run", "tmpfs", "tmpfs", {});
        const std::string at = victim.path();
        // In the host's mount namespace the directories are no mount points.
        const std::string script = "mv " + at + " " + at + ".kept && mv " + at + ".other " + at +
                                   " && mv " + at + ".kept " + at + ".other";
        victim.bundle.set("/hooks/createRuntime",
                          json::array({{{"path", "/bin/sh"}, {"args", {"sh", "-c", script}}}}));
        Container container(victim.bundle);
        container.global_options = bare_errors();
        refused_with(container.create(),
                     "the mount point \"/" + name + "\" was replaced while the container was");
    }
}

TEST_CASE("26: a hook may mount on a mount point of config.json") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.mount("/run", "tmpfs", "tmpfs", {}).folder("run");
    const std::string script = "mount -t tmpfs -o size=64k one " + bundle.rootfs() +
                               "/run && mount -t tmpfs -o size=64k two " + bundle.rootfs() +
                               "/run && touch " + bundle.rootfs() + "/run/by-hook";
    bundle.set("/hooks/createContainer",
               json::array({{{"path", "/bin/sh"}, {"args", {"sh", "-c", script}}}}));
    bundle.args({"/bin/ls", "/run"});
    Container container(bundle);
    container.global_options = bare_errors();
    const Outcome outcome = container.run();
    INFO(outcome.describe());
    CHECK(outcome.out == "by-hook\n");
}

TEST_CASE("26: mounts on each other, by the same name and through a link, are no exchange") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.folder("real/below");
    fs::create_symlink("real", bundle.rootfs() + "/link");
    for (const char* target : {"/real", "/real", "/link", "/link/made", "/tmp/one", "/tmp"})
        bundle.mount(target, "tmpfs", "tmpfs", {"size=64k"});
    bundle.set("/linux/maskedPaths", {"/proc/kcore", "/real/made", "/tmp", "/sys/kernel"});
    bundle.set("/linux/readonlyPaths", {"/proc/sys", "/proc/sys/kernel", "/real", "/sys"});
    bundle.args({"/bin/ls", "/real", "/link"});
    Container container(bundle);
    container.global_options = bare_errors();
    const Outcome outcome = container.run();
    INFO(outcome.describe());
    CHECK(outcome.ok());
}

}  // namespace
}  // namespace crux::test
