// What programs are told of an error (docs/errors.md): one test row for each code.

#include <nlohmann/json.hpp>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using nlohmann::json;

/// The validator's findings, and nothing without python3-jsonschema.
std::string faults_of(const std::string& entry) {
    if (!run({"python3", "-c", "import jsonschema"}).ok()) return "";
    const std::string file = work_folder() + "/entry.json";
    write_file(file, entry);
    const Outcome outcome =
        run({"python3", CRUX_SOURCES "/tests/conformance/documents.py", "log", file});
    return outcome.ok() ? "" : outcome.describe();
}

/// The only line on standard error, which has this code.
json told(const Outcome& outcome, const std::string& code) {
    INFO(outcome.describe());
    CHECK(outcome.status != 0);
    REQUIRE(lines_of(outcome.err).size() == 1);
    CHECK(faults_of(outcome.err) == "");
    json entry = json::parse(outcome.err);
    CHECK(entry.at("level") == "error");
    CHECK(entry.at("code") == code);
    return entry;
}

json profile(const char* call, const char* action) {
    return {{"defaultAction", "SCMP_ACT_ALLOW"},
            {"syscalls", {{{"names", {call}}, {"action", action}}}}};
}

/// A container whose errors are JSON.
struct Told {
    Bundle bundle;
    Container container{bundle};
    Told() {
        container.global_options = {"--error-format", "json"};
        bundle.args({"/bin/sleep", "100"});
    }
    /// What create says when this is changed in the configuration.
    json create_with(const std::string& pointer, const json& value, const std::string& code) {
        bundle.set(pointer, value);
        json entry = told(container.create(), code);
        CHECK(container.status() == "");
        return entry;
    }
};

TEST_CASE("an error of the command line has its code") {
    const std::vector<std::string> words = {crux_program(), "--error-format", "json"};
    for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
             {"state"}, {"state", "--nosuch"}, {"nosuch"}, {"--log-format", "xml", "list"}}) {
        std::vector<std::string> all = words;
        all.insert(all.end(), more.begin(), more.end());
        CHECK(told(run(all), "usage").at("phase") == "command-line");
    }
    const Outcome wrong = run({crux_program(), "--error-format", "xml", "list"});
    CHECK(wrong.status == 1);
    CHECK_THAT(wrong.err, Catch::Contains("invalid error-format: "));
}

TEST_CASE("an error of the configuration has its code and its pointer") {
    need_root();
    Told one;
    const json entry = one.create_with("/process/cwd", "relative", "config");
    CHECK(entry.at("pointer") == "/process/cwd");
    CHECK(entry.at("phase") == "configuration");
    CHECK_THAT(entry.at("msg").get<std::string>(), Catch::Contains("(config.json: /process/cwd)"));
}

TEST_CASE("errors of the status have their codes") {
    need_root();
    Told one;
    told(one.container.crux({"state", one.container.id()}), "not-found");
    must(one.container.create());
    told(one.container.crux({"create", "--bundle", one.bundle.path(), one.container.id()}),
         "exists");
    told(one.container.resume(), "state");
}

TEST_CASE("a failed system call is told with its name, its errno and the causes") {
    need_root();
    Told one;
    const json mounts = json::array(
        {{{"destination", "/mnt"}, {"source", "/nosuch/folder"}, {"options", {"bind"}}}});
    const json entry = one.create_with("/mounts", mounts, "system");
    CHECK(entry.at("errno") == "ENOENT");
    CHECK(entry.at("call") != "");
    CHECK_THAT(entry.at("pointer").get<std::string>(), Catch::StartsWith("/mounts/0"));
    std::string joined;
    for (const std::string part : entry.at("causes")) joined += (joined.empty() ? "" : ": ") + part;
    CHECK_THAT(entry.at("msg").get<std::string>(), Catch::Contains(joined));
}

TEST_CASE("what the host does not have is told as unsupported") {
    need_root();
    if (std::filesystem::exists("/sys/fs/resctrl/schemata")) skip("resctrl is mounted");
    Told one;
    one.create_with("/linux/intelRdt", {{"l3CacheSchema", "L3:0=f"}}, "unsupported");
}

TEST_CASE("errors of the program have their codes") {
    need_root();
    Told one;
    CHECK(one.create_with("/process/args", {"/bin/nosuch"}, "program-not-found").at("errno") ==
          "ENOENT");
    one.create_with("/process/args", {"nosuch"}, "program-not-found");
    one.bundle.file("plain", "#!/bin/sh\n", 0644);
    CHECK(one.create_with("/process/args", {"/plain"}, "program-not-executable").at("errno") ==
          "EACCES");
}

TEST_CASE("a failed hook and a profile that kills init have their codes") {
    need_root();
    Told one;
    one.bundle.set("/linux/seccomp", profile("execve", "SCMP_ACT_KILL"));
    CHECK(told(one.container.create(), "seccomp").at("pointer") == "/linux/seccomp");
    one.bundle.remove("/linux/seccomp");
    const json hooks = {{"createRuntime", json::array({{{"path", "/bin/false"}}})}};
    const json entry = one.create_with("/hooks", hooks, "hook");
    CHECK(entry.at("phase") == "hook");
    CHECK(entry.at("pointer") == "/hooks/createRuntime/0");
}

TEST_CASE("the end of init has its code, and that by the memory limit its own") {
    need_root();
    Told one;
    const std::string kill = R"sh(kill -9 "$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')"; exit 0)sh";
    const json hook = {{"path", "/bin/sh"}, {"args", {"sh", "-c", kill}}};
    one.create_with("/hooks", {{"createRuntime", json::array({hook})}}, "process");
    one.bundle.remove("/hooks");
    need_controller("memory");
    one.create_with("/linux/resources/memory", {{"limit", 64 << 10}, {"swap", 64 << 10}},
                    "out-of-memory");
}

TEST_CASE("a JSON log has the same keys, and plain errors stay plain") {
    const std::string log = work_folder() + "/errors.log";
    const Outcome plain =
        run({crux_program(), "--log", log, "--log-format", "json", "state", "nosuch"});
    CHECK(plain.err == "container does not exist\n");
    const json logged = json::parse(read_file(log));
    CHECK(faults_of(read_file(log)) == "");
    CHECK(logged.at("code") == "not-found");
    const Outcome both = run({crux_program(), "--error-format", "json", "--log", log,
                              "--log-format", "text", "state", "nosuch"});
    CHECK(told(both, "not-found").at("hint") == logged.at("hint"));
    CHECK_THAT(read_file(log), Catch::EndsWith("msg=\"container does not exist\"\n"));
}

}  // namespace
}  // namespace crux::test
