// The container cannot trace a process that enters it. The number is that of the attack in
// docs/security.md.

#include <sys/prctl.h>

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/security/canary.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using nlohmann::json;

TEST_CASE("2: a process that enters a container cannot be traced before it is its program") {
    need_root();
    if (!has_user_namespaces()) skip("needs user namespaces");
    const Unchanged host;
    Bundle bundle;
    const json map = json::array({{{"containerID", 0}, {"hostID", 100'000}, {"size", 65536}}});
    bundle.name_space("user").set("/linux/uidMappings", map).set("/linux/gidMappings", map);
    // All permissions that the user namespace can give, so that only crux's own protection counts.
    json all = json::array();
    for (const char* name : {"CAP_SYS_PTRACE", "CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_KILL",
                             "CAP_SETUID", "CAP_SETGID", "CAP_DAC_READ_SEARCH", "CAP_SETPCAP"})
        all.push_back(name);
    bundle.set("/process/capabilities",
               {{"bounding", all}, {"effective", all}, {"permitted", all}});
    const std::string program = crux_program();
    bundle.file("bin/tracer",
                read_file(program.substr(0, program.rfind('/')) + "/crux-test-tracer"), 0755);
    bundle.args({"/bin/tracer"});
    Container container(bundle);
    must(container.create());
    must(container.start());
    REQUIRE(eventually([&] { return container.out() == "ready\n"; }));
    constexpr int kExecs = 200;
    for (int i = 0; i < kExecs; ++i) {
        const Outcome outcome = container.crux({"exec", container.id(), "/bin/true"});
        INFO(outcome.describe());
        CHECK_FALSE(outcome.timed_out);
    }
    bundle.file("stop", "");
    REQUIRE(container.reaches("stopped"));
    const std::string said = container.out();
    INFO(said);
    std::cout << "a tracing container " << said.substr(said.rfind("saw"));
    CHECK(said.find("seized") == std::string::npos);
    CHECK(said.find("saw 0\n") == std::string::npos);
}

}  // namespace
}  // namespace crux::test
