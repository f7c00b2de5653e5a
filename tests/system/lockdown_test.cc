// Security modules of the host without a relation to containers do not prevent their use.

#include <unistd.h>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

std::string content_of(const std::string& path) {
    return access(path.c_str(), R_OK) == 0 ? read_file(path) : std::string();
}

TEST_CASE("a container is made and entered on a host that is locked down, with Yama and Landlock") {
    need_root();
    const std::string modules = content_of("/sys/kernel/security/lsm");
    for (const char* module : {"landlock", "lockdown", "yama"})
        if (modules.find(module) == std::string::npos)
            skip(std::string("the security module ") + module + " is not active");
    if (content_of("/sys/kernel/security/lockdown").find("[none]") != std::string::npos)
        skip("the kernel is not locked down");
    if (content_of("/proc/sys/kernel/yama/ptrace_scope") < "2")
        skip("kernel.yama.ptrace_scope is below 2");
    const Unchanged host;
    Bundle bundle;
    // Device rules are a BPF program on cgroup v2, which lockdown may forbid.
    bundle.set("/linux/resources/devices", {{{"allow", false}, {"access", "rwm"}}})
        .args({"/bin/sleep", "1000"});
    Container container(bundle);
    must(container.create());
    must(container.start());
    CHECK(container.crux({"exec", container.id(), "/bin/echo", "entered"}).out == "entered\n");
    must(container.kill());
    CHECK(container.reaches("stopped"));
    must(container.remove());
}

}  // namespace
}  // namespace crux::test
