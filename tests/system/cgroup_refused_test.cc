// Hosts that do not give a container its cgroup: one error, and nothing is left behind.

#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"
#include "tests/support/managed.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;

/// Words before a command that make all cgroup hierarchies read-only for it.
std::vector<std::string> with_read_only_cgroups() {
    return {"unshare",
            "--mount",
            "sh",
            "-c",
            "for each in $(awk '$5 ~ \"^/sys/fs/cgroup\" { print $5 }' /proc/self/mountinfo); do "
            "mount -o remount,bind,ro $each || exit 99; done; exec \"$@\"",
            "sh"};
}

TEST_CASE("read-only cgroup hierarchies refuse a container with one error") {
    need_root();
    const Unchanged host;
    for (const bool by_systemd : {false, true}) {
        if (by_systemd && !systemd_runs()) continue;
        INFO(by_systemd);
        Managed managed;
        if (!by_systemd) managed.container.global_options = bare_errors();
        managed.bundle.set("/linux/resources/pids", {{"limit", 5}});
        managed.container.prefix = with_read_only_cgroups();
        const Outcome outcome = managed.container.create();
        refused_with(outcome,
                     "the container's cgroup cannot be made (mount its hierarchy for writing, or "
                     "do without one by --cgroup-manager disabled): ");
        refused_with(outcome, "/sys/fs/cgroup/");
        refused_with(outcome, "read-only file system");
        CHECK_FALSE(fs::exists(managed.container.state_folder()));
        if (by_systemd) CHECK(is_gone(managed.unit()));
    }
}

TEST_CASE("a controller that an ancestor cgroup does not have is an error with its pointer") {
    need_root();
    if (cgroup_mode() != CgroupMode::v2) skip("needs cgroup v2");
    need_controller("memory");
    const Unchanged host;
    const std::string top = *controller_mount("memory") + "/" + our_tag() + "-poor";
    // A cgroup with a process cannot enable such a controller for its children.
    fs::create_directory(top);
    Process inside({"sh", "-c", "echo 0 >" + top + "/cgroup.procs && exec sleep 1000"});
    REQUIRE(eventually([&] { return !read_file(top + "/cgroup.procs").empty(); }));
    {
        Managed managed;
        managed.container.global_options = bare_errors();
        managed.bundle.set("/linux/cgroupsPath", "/" + our_tag() + "-poor/below")
            .set("/linux/resources/memory", {{"limit", 64 << 20}});
        const Outcome outcome = managed.container.create();
        refused_with(outcome, "cannot use controller memory in " + top + "/below: " + top +
                                  " has processes (config.json: /linux/resources/memory/limit)");
        CHECK_FALSE(fs::exists(top + "/below"));
        CHECK(read_file(top + "/cgroup.type") == "domain\n");
    }
    inside.signal(9);
    (void)inside.wait();
    CHECK(eventually([&] { return fs::remove(top); }));
}

}  // namespace
}  // namespace crux::test
