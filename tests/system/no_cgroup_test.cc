// --cgroup-manager disabled: the life cycle of a container without its own cgroup.

#include <csignal>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

TEST_CASE("a container without a cgroup stays in its caller's") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"})
        .remove("/linux/resources/devices")
        .set("/linux/resources/pids", {{"limit", 5}});
    Container container(bundle);
    container.global_options = {"--log", "/dev/null", "--cgroup-manager", "disabled"};
    must(container.create());
    const pid_t pid = container.pid();
    CHECK(read_file("/proc/" + std::to_string(pid) + "/cgroup") == read_file("/proc/self/cgroup"));
    // Later commands do not get the flag again.
    container.global_options = bare_errors();
    must(container.start());
    CHECK(container.status() == "running");
    CHECK(container.crux({"exec", container.id(), "/bin/echo", "here"}).out == "here\n");
    CHECK(container.crux({"ps", "--format", "json", container.id()}).out == "null\n");
    CHECK(container.pause().status == 1);
    CHECK(container.crux({"update", "--pids-limit", "6", container.id()}).status == 1);
    must(container.kill());
    CHECK(exit_of(pid) == 128 + SIGKILL);
    CHECK(container.status() == "stopped");
    must(container.remove());
}

TEST_CASE("a container without a cgroup and a pid namespace is killed by its init") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"})
        .remove("/linux/resources/devices")
        .without_name_space("pid");
    Container container(bundle);
    container.global_options = {"--log", "/dev/null", "--cgroup-manager", "disabled"};
    must(container.create());
    must(container.start());
    must(container.kill());
    CHECK(exit_of(container.pid()) == 128 + SIGKILL);
    must(container.remove());
}

TEST_CASE("an unknown cgroup manager is refused") {
    need_root();
    Bundle bundle;
    Container container(bundle);
    container.global_options = {"--log", "/dev/null", "--cgroup-manager", "other"};
    refused_with(container.create(), "invalid value \"other\" for --cgroup-manager");
}

}  // namespace
}  // namespace crux::test
