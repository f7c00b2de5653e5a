// Signals that the caller ignores: execve(2) keeps that, but the program is not the caller.

#include <nlohmann/json.hpp>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using nlohmann::json;

/// Words that execute a program with ignored signals, also some that the C library keeps for
/// itself.
std::vector<std::string> ignoring() {
    return {"/usr/bin/env", "--ignore-signal=HUP,INT,QUIT,PIPE,TERM,USR1,CHLD,XFSZ,RTMIN,RTMAX",
            "--"};
}

const std::vector<std::string> kLook = {"/bin/grep", "^SigIgn:", "/proc/self/status"};
constexpr const char* kNone = "SigIgn:\t0000000000000000\n";

TEST_CASE("a program gets every signal with its default action, whatever the caller ignores") {
    need_root();
    const Unchanged host;
    std::vector<std::string> words = ignoring();
    words.insert(words.end(), kLook.begin(), kLook.end());
    REQUIRE(run(words).out != kNone);
    Bundle bundle;
    bundle.args(kLook);
    Container container(bundle);
    container.prefix = ignoring();
    CHECK(container.run().out == kNone);
    must(container.create());
    must(container.start());
    CHECK(eventually([&] { return container.out() == kNone; }));
    must(container.remove({"--force"}));
    Sleeper sleeper(bundle);
    sleeper.prefix = ignoring();
    CHECK(sleeper.exec({}, kLook).out == kNone);
}

TEST_CASE("a hook gets every signal with its default action, whatever the caller ignores") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.folder(bundle.path().substr(1));
    bundle.mount(bundle.path(), "none", bundle.path(), {"bind", "rw"});
    const std::vector<std::string> moments = {"prestart",       "createRuntime", "createContainer",
                                              "startContainer", "poststart",     "poststop"};
    // Not a shell, which changes dispositions itself.
    for (const std::string& moment : moments)
        bundle.set("/hooks/" + moment + "/-",
                   {{"path", "/bin/cp"},
                    {"args", {"cp", "/proc/self/status", bundle.path() + '/' + moment}}});
    bundle.args({"/bin/true"});
    Container container(bundle);
    container.prefix = ignoring();
    must(container.run());
    for (const std::string& moment : moments) {
        INFO(moment);
        CHECK_THAT(read_file(bundle.path() + '/' + moment), Catch::Contains(kNone));
    }
}

}  // namespace
}  // namespace crux::test
