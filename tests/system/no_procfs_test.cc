// Containers for which the kernel permits no new procfs: a procfs shows a pid namespace, and only
// the owner of that may mount it. What init writes to /proc goes to the one that is there.

#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/ordinary_user.h"
#include "tests/support/runs.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A container of root in the user namespace of an unprivileged user, with the host's pid
/// namespace: what a rootless engine makes of --pid=host.
class SharedPids {
 public:
    explicit SharedPids(const OrdinaryUser& user)
        : holder_(user.words({"unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                              "echo ready; exec sleep 1000"})),
          container_(bundle_) {
        REQUIRE(eventually([&] { return holder_.out() == "ready\n"; }));
        user.adapt(bundle_);
        bundle_.without_name_space("user")
            .without_name_space("pid")
            .remove("/linux/uidMappings")
            .remove("/linux/gidMappings")
            .set("/mounts/0",
                 {{"destination", "/proc"}, {"source", "/proc"}, {"options", {"rbind", "nosuid"}}});
        user.take(container_, bundle_);
        container_.prefix = user.words({"nsenter", "--user", "--preserve-credentials", "--mount",
                                        "--target", std::to_string(holder_.pid()), "--"});
        container_.global_options = bare_errors();
        check_refused_by_kernel();
    }

    Bundle& bundle() { return bundle_; }
    Container& container() { return container_; }
    Outcome exec(const std::string& script) {
        return container_.crux({"exec", container_.id(), "/bin/sh", "-c", script});
    }

 private:
    /// The test would show nothing if a procfs could be mounted.
    void check_refused_by_kernel() {
        std::vector<std::string> words = container_.prefix;
        for (const char* word : {"mount", "-t", "proc", "proc"}) words.emplace_back(word);
        words.push_back(bundle_.rootfs() + "/tmp");
        const Outcome mounted = run(words);
        INFO(mounted.describe());
        REQUIRE_FALSE(mounted.ok());
    }

    Process holder_;
    Bundle bundle_;
    Container container_;
};

TEST_CASE("where no procfs can be mounted, the oom score is written through the one at /proc") {
    const Unchanged host;
    const OrdinaryUser user;
    SharedPids shared(user);
    shared.bundle().set("/process/oomScoreAdj", 600).args({"/bin/sleep", "1000"});
    must(shared.container().create());
    must(shared.container().start());
    const Outcome inside = shared.exec("cat /proc/self/oom_score_adj");
    INFO(inside.describe());
    CHECK(inside.out == "600\n");
    const std::string pid = std::to_string(shared.container().pid());
    CHECK(read_file("/proc/" + pid + "/oom_score_adj") == "600\n");
    // As at the start: with what engines mask and make read-only.
    CHECK(shared.exec("echo x >/proc/sys/kernel/hostname").status != 0);
}

TEST_CASE("where no procfs can be mounted, mounts are compared by the list of the one at /proc") {
    const Unchanged host;
    const OrdinaryUser user;
    SharedPids shared(user);
    Bundle& bundle = shared.bundle();
    // Nothing is mounted after /proc.
    json& mounts = bundle.config()["mounts"];
    const json proc = mounts[0];
    mounts.erase(0);
    mounts.push_back(proc);
    bundle.remove("/linux/maskedPaths").remove("/linux/readonlyPaths");
    bundle
        .set(
            "/hooks/createContainer",
            json::array({{{"path", "/bin/sh"}, {"args", {"sh", "-c", "mount -t tmpfs hook tmp"}}}}))
        .script("grep -c ' /tmp tmpfs ' /proc/self/mounts");
    bundle.set("/mounts/-", {{"destination", "/tmp"}, {"type", "tmpfs"}, {"source", "tmpfs"}});
    std::swap(mounts[mounts.size() - 1], mounts[mounts.size() - 2]);
    const Outcome outcome = shared.container().run();
    INFO(outcome.describe());
    CHECK(outcome.out == "2\n");
}

TEST_CASE("where no procfs can be mounted and none is at /proc, the error says so") {
    const Unchanged host;
    const OrdinaryUser user;
    SharedPids shared(user);
    shared.bundle().remove("/mounts/0").set("/process/oomScoreAdj", 600);
    shared.bundle().remove("/linux/maskedPaths").remove("/linux/readonlyPaths");
    refused_with(shared.container().create(),
                 "operation not permitted (no new procfs is permitted here, and none is "
                 "bind-mounted on /proc) (config.json: /process/oomScoreAdj)");
}

TEST_CASE("where no procfs can be mounted, exec writes to no other file at /proc") {
    const Unchanged host;
    const OrdinaryUser user;
    SharedPids shared(user);
    const json all = {"CAP_SYS_ADMIN"};
    shared.bundle()
        .set("/process/oomScoreAdj", 600)
        .set("/process/capabilities", {{"bounding", all}, {"effective", all}, {"permitted", all}})
        .script(
            "mount -t tmpfs none /proc && mkdir -p /proc/self /proc/thread-self/attr &&"
            "echo mine >/proc/self/oom_score_adj && echo ready && exec sleep 1000");
    Container& container = shared.container();
    must(container.create());
    must(container.start());
    REQUIRE(eventually([&] { return container.out() == "ready\n"; }));
    const Outcome refused = shared.exec("true");
    INFO(refused.describe());
    CHECK(refused.status == 255);
    CHECK_THAT(refused.err, Catch::Contains("operation not permitted"));
    const std::string pid = std::to_string(container.pid());
    CHECK(read_file("/proc/" + pid + "/root/proc/self/oom_score_adj") == "mine\n");
}

}  // namespace
}  // namespace crux::test
