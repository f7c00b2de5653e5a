// Text and numbers from outside in messages and logs.

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using nlohmann::json;

/// Clears the screen, ends the line and begins another entry, in ASCII and as a C1 control.
const std::string kEvil = "x\x1b[2J\r\ntime=0 level=error msg=forged\x7f\u009b31m\u2028\u202e";

bool is_clean(const std::string& text) {
    for (const std::string bad : {"\x1b", "\r", "\x7f", "\u009b", "\u2028", "\u202e"})
        if (text.find(bad) != std::string::npos) return false;
    return true;
}

void check_message(const Outcome& outcome, const std::string& log) {
    INFO(outcome.describe() << log);
    CHECK(is_clean(outcome.err));
    CHECK(is_clean(log));
    CHECK_THAT(log, !Catch::Contains("\ntime=0"));
    if (outcome.ok()) return;
    CHECK(lines_of(outcome.err).size() == 1);
    CHECK(outcome.err.size() <= 4097);
    CHECK(lines_of(log).size() == 1);
}

TEST_CASE("text of a configuration controls neither the terminal nor the log") {
    need_root();
    const Unchanged host;
    const char* const pointers[] = {
        "/process/args/0",
        "/process/cwd",
        "/root/path",
        "/mounts/0/destination",
        "/mounts/0/type",
        "/linux/cgroupsPath",
        "/hostname",
        "/linux/sysctl/net.x",
        "/linux/maskedPaths/0",
        "/linux/namespaces/0/type",
    };
    int refused = 0;
    for (const char* const pointer : pointers)
        for (const std::string format : {"json", "text"}) {
            INFO(pointer << ", " << format);
            Bundle bundle;
            bundle.set(pointer, kEvil).set("/root/readonly", false);
            Container container(bundle);
            container.global_options = {"--log", bundle.path() + "/log", "--log-format", format};
            const Outcome outcome = container.run();
            check_message(outcome, read_file(bundle.path() + "/log"));
            if (!outcome.ok()) ++refused;
        }
    // Some names are valid.
    CHECK(refused >= 10);
}

TEST_CASE("the output of a hook is one line of the message") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/hooks/createRuntime",
               json::array({{{"path", "/bin/sh"},
                             {"args", {"sh", "-c", "printf 'a\\033[2J\\nb' >&2; exit 1"}}}}));
    Container container(bundle);
    container.global_options = {"--log", bundle.path() + "/log", "--log-format", "json"};
    const Outcome outcome = container.run();
    check_message(outcome, read_file(bundle.path() + "/log"));
    CHECK_THAT(outcome.err, Catch::Contains(R"(stderr: a\x1b[2J\nb)"));
}

TEST_CASE("an error that quotes a long text is bounded") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/namespaces/0/type", std::string(100'000, '\x1b'));
    Container container(bundle);
    container.global_options = {"--log", bundle.path() + "/log", "--log-format", "json"};
    const Outcome outcome = container.run();
    const std::string log = read_file(bundle.path() + "/log");
    check_message(outcome, log);
    CHECK(json::parse(log).at("msg").get<std::string>().size() <= 4096);
}

TEST_CASE("explain, validate and usage errors print control characters escaped") {
    need_root();
    Bundle bundle;
    bundle.set("/process/args", {kEvil}).set("/annotations/" + std::string("a\x1b[2J"), "b");
    bundle.set("/linux/sysctl/net.a\x1b[2J", "1").set("/unknown\x1b[2J", 1);
    Container container(bundle);
    bundle.write();
    for (const char* const command : {"explain", "validate"}) {
        const Outcome outcome = container.crux({command, "--bundle", bundle.path()});
        INFO(command << outcome.describe());
        CHECK(is_clean(outcome.out));
        CHECK(is_clean(outcome.err));
    }
    const Outcome usage = container.crux({"run", "--" + kEvil});
    CHECK(is_clean(usage.out));
    CHECK(is_clean(usage.err));
}

TEST_CASE("a number of descriptors from the environment cannot wrap") {
    need_root();
    const Unchanged host;
    const auto run = [](const std::string& count) {
        Bundle bundle;
        bundle.script("echo $LISTEN_FDS; ls /proc/self/fd | tr '\\n' ' '");
        bundle.write();
        const std::string script = "export LISTEN_PID=$$; exec \"$@\"";
        std::vector<std::string> words = {"/bin/sh", "-c", script, "sh"};
        Container container(bundle);
        container.prefix = words;
        container.global_options = bare_errors();
        CommandOptions options;
        options.env = {{"LISTEN_FDS", count}};
        return container.run({}, options);
    };
    for (const char* const count :
         {"4294967295", "4294967293", "4294967296", "1048577", "99999999999999999999"}) {
        INFO(count);
        refused_with(run(count), "LISTEN_FDS: invalid value \"" + std::string(count) +
                                     "\": must be from 0 to 1048576");
    }
    for (const char* const count : {"-1", "x", "", "1 "}) {
        INFO(count);
        CHECK(run(count).ok());
    }
    CHECK_THAT(run("2").out, Catch::StartsWith("2\n"));
}

}  // namespace
}  // namespace crux::test
