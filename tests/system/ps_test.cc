// ps and features: information about the processes of a container and about the runtime.

#include <algorithm>
#include <csignal>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using nlohmann::json;

void need_ps() {
    if (!run({"/bin/sh", "-c", "command -v ps"}).ok()) skip("needs ps (Debian: procps)");
}

TEST_CASE("ps lists the processes of a container by their ids on the host") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Sleeper container(bundle);
    const pid_t init = container.pid();
    const auto ids = [&] {
        const Outcome outcome = container.crux({"ps", "--format", "json", container.id()});
        CHECK(outcome.err == "");
        CHECK(outcome.out.ends_with('\n'));
        return json::parse(outcome.out);
    };
    CHECK(ids() == json({init}));
    const std::string file = bundle.path() + "/exec.pid";
    must(container.exec({"-d", "--pid-file", file}, {"/bin/sleep", "1000"}));
    const pid_t other = std::stoi(read_file(file));
    CHECK(ids() == json({std::min(init, other), std::max(init, other)}));
    must(container.kill());
    // Init stays until the processes of its pid namespace are reaped.
    REQUIRE(exit_of(other));
    REQUIRE(exit_of(init));
    CHECK(container.crux({"ps", "-f", "json", container.id()}).out == "null\n");
}

TEST_CASE("ps as a table has the lines of the host's ps for these processes") {
    need_root();
    need_ps();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    const std::string pid = std::to_string(container.pid());
    const Outcome full = container.crux({"ps", container.id()});
    CHECK(full.status == 0);
    const auto lines = lines_of(full.out);
    REQUIRE(lines.size() == 2);
    CHECK_THAT(lines[0], Catch::Contains("UID") && Catch::Contains("PID"));
    CHECK_THAT(lines[1], Catch::Contains(pid) && Catch::Contains("/bin/sleep 1000"));
    // All words after the id are for ps, also flags.
    const Outcome chosen = container.crux({"ps", container.id(), "-A", "-o", "comm,pid"});
    CHECK(chosen.status == 0);
    const auto two = lines_of(chosen.out);
    REQUIRE(two.size() == 2);
    CHECK_THAT(two[1], Catch::StartsWith("sleep ") && Catch::EndsWith(pid));
    refused(container.crux({"ps", container.id(), "-A", "-o", "comm"}),
            "couldn't find PID field in ps output");
    const Outcome wrong = container.crux({"ps", container.id(), "--nosuch"});
    CHECK(wrong.status == 1);
    CHECK(wrong.out == "");
    CHECK_THAT(wrong.err, Catch::StartsWith("exit status 1: "));
}

TEST_CASE("ps without a ps on the host is an error") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    CommandOptions options;
    options.env["PATH"] = "/nosuch";
    refused(container.crux({"ps", container.id()}, options),
            "exec: \"ps\": executable file not found in $PATH");
}

TEST_CASE("ps is refused without a container and in an unknown format") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    refused(container.crux({"ps", "--format", "xml", container.id()}), "invalid format option");
    refused(container.crux({"ps", "nosuch"}), "container does not exist");
}

TEST_CASE("features needs neither rights nor a state root") {
    CommandOptions options;
    options.clear_env = true;
    // A directory that no user could make.
    options.env["XDG_RUNTIME_DIR"] = "/proc/nosuch";
    const Outcome outcome = run({crux_program(), "features"}, options);
    REQUIRE(outcome.status == 0);
    CHECK(outcome.err == "");
    CHECK(outcome.out.starts_with("{\n    \"ociVersionMin\": \"1.0.0\",\n"));
    CHECK(outcome.out.ends_with("}\n"));
    const json document = json::parse(outcome.out);
    CHECK(document.at("ociVersionMax") == "1.3.0");
    const json& options_of_mounts = document.at("mountOptions");
    CHECK(std::ranges::find(options_of_mounts, "rro") != options_of_mounts.end());
    const json& namespaces = document.at("linux").at("namespaces");
    CHECK(std::ranges::find(namespaces, "user") != namespaces.end());
    CHECK(document.at("linux").at("mountExtensions").at("idmap").at("enabled") == true);
}

}  // namespace
}  // namespace crux::test
