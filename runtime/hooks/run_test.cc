#include "runtime/hooks/run.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/base/text.h"
#include "runtime/hooks/tail.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/time.h"
#include "tests/support/catch.h"

using namespace crux;
using namespace crux::hooks;

namespace {

oci::Hook shell(const std::string& script) {
    oci::Hook hook;
    hook.path = "/bin/sh";
    // Busybox selects its applet by the last part of this name.
    hook.args = {"a-hook/sh", "-c", script};
    return hook;
}

ProgramOutcome outcome_of_running(const oci::Hook& hook, std::string_view state = "{}",
                                  const std::string& directory = "/") {
    auto outcome = run(hook, {.state = state, .directory = directory});
    REQUIRE(outcome);
    return *outcome;
}

std::string message_of(Status status) {
    REQUIRE(!status);
    return status.error().message();
}

}  // namespace

TEST_CASE("a hook gets the state, its arguments and its directory", "[kernel]") {
    ProgramOutcome outcome = outcome_of_running(shell("cat; echo; echo $0; pwd; echo trouble >&2"),
                                                R"({"id":"x"})", "/usr");
    CHECK(outcome.succeeded());
    CHECK(outcome.output == "{\"id\":\"x\"}\na-hook/sh\n/usr\n");
    CHECK(outcome.error_output == "trouble\n");
}

TEST_CASE("a hook without arguments gets its path as the first", "[kernel]") {
    oci::Hook hook;
    hook.path = "/bin/cat";
    CHECK(outcome_of_running(hook, "state").output == "state");
}

TEST_CASE("a hook inherits our environment unless it has its own, which may be empty", "[kernel]") {
    ::setenv("CRUX_HOOK_TEST", "inherited", 1);
    oci::Hook hook = shell("echo ${CRUX_HOOK_TEST-none} ${OWN-none}");
    CHECK(outcome_of_running(hook).output == "inherited none\n");
    hook.env = std::vector<std::string>{"OWN=1"};
    CHECK(outcome_of_running(hook).output == "none 1\n");
    hook.env = std::vector<std::string>{};
    CHECK(outcome_of_running(hook).output == "none none\n");
    ::unsetenv("CRUX_HOOK_TEST");
}

TEST_CASE("a hook gets descriptors 0 to 2 and no other", "[kernel]") {
    auto leak = sys::pipe2();
    REQUIRE(leak);
    REQUIRE(::fcntl(leak->read.get(), F_SETFD, 0) == 0);
    // The listing itself opens one more descriptor, which is closed when it is checked.
    ProgramOutcome outcome =
        outcome_of_running(shell("for f in /proc/self/fd/*; do [ -e $f ] && echo ${f##*/}; done"));
    CHECK(outcome.output == "0\n1\n2\n");
}

TEST_CASE("a hook leads a session of its own and has no blocked or ignored signals", "[kernel]") {
    sigset_t before;
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, &before);
    // Not with a shell, which blocks signals itself while it starts a program.
    oci::Hook hook;
    hook.path = "/bin/sed";
    hook.args = {"sed", "-n", "1s/ (sed).*//p; s/Sig[BI][lg][kn]:.//p; s/NSsid:.//p; s/NSpgid:.//p",
                 "/proc/self/stat", "/proc/self/status"};
    ProgramOutcome outcome = outcome_of_running(hook);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    const std::vector<std::string_view> lines = split(trimmed(outcome.output), '\n');
    REQUIRE(lines.size() == 5);
    CHECK(lines[0] == lines[1]);
    CHECK(lines[0] == lines[2]);
    CHECK(lines[3] == "0000000000000000");
    auto ignored = to_number<std::uint64_t>(lines[4], 16);
    REQUIRE(ignored);
    // glibc's posix_spawn ignores its own two signals, 32 and 33.
    CHECK((*ignored & ~std::uint64_t{0x180000000}) == 0);
}

TEST_CASE("a state larger than a pipe is passed whole", "[kernel]") {
    const std::string state(1'000'000, 's');
    CHECK(outcome_of_running(shell("sleep 0.05; wc -c"), state).output == "1000000\n");
}

TEST_CASE("a hook that does not read its state succeeds", "[kernel]") {
    const std::string state(1'000'000, 's');
    CHECK(outcome_of_running(shell("exec <&-; sleep 0.05; exit 0"), state).succeeded());
    oci::Hook hook;
    hook.path = "/bin/true";
    for (int i = 0; i < 20; ++i) CHECK(outcome_of_running(hook, state).succeeded());
}

TEST_CASE("the last part of a long output of a hook is kept", "[kernel]") {
    ProgramOutcome outcome = outcome_of_running(
        shell("head -c 3000000 /dev/zero | tr '\\0' x; echo the end; echo err >&2"));
    CHECK(outcome.succeeded());
    CHECK(outcome.output.size() == 4096 + std::string("[…]").size());
    CHECK_THAT(outcome.output, Catch::StartsWith("[…]xxx") && Catch::EndsWith("xxxthe end\n"));
    CHECK(outcome.error_output == "err\n");
}

TEST_CASE("a hook that fails is reported with its output", "[kernel]") {
    Status status = run_all("createRuntime", {shell("exit 0"), shell("echo a; echo b >&2; exit 7")},
                            {.state = "", .directory = "/"});
    CHECK(message_of(std::move(status)) ==
          "error running createRuntime hook #1: exit status 7, stdout: a, stderr: b "
          "(config.json: /hooks/createRuntime/1)");
}

TEST_CASE("a killed hook is reported with its signal", "[kernel]") {
    Status status = run_all("poststart", {shell("kill -9 $$")}, {.state = "", .directory = "/"});
    CHECK_THAT(
        message_of(std::move(status)),
        Catch::StartsWith("error running poststart hook #0: signal: killed, stdout: , stderr: "));
}

TEST_CASE("a missing hook is reported with its path", "[kernel]") {
    oci::Hook hook;
    hook.path = "/nonexistent/hook";
    CHECK_THAT(message_of(run_all("prestart", {hook}, {.state = "", .directory = "/"})),
               Catch::StartsWith("error running prestart hook #0: exec /nonexistent/hook: no such "
                                 "file or directory"));
}

TEST_CASE("a missing directory is not reported as a missing hook", "[kernel]") {
    CHECK_THAT(message_of(run_all("prestart", {shell("exit 0")},
                                  {.state = "", .directory = "/nonexistent/bundle"})),
               Catch::StartsWith("error running prestart hook #0: /nonexistent/bundle: open: no "
                                 "such file or directory"));
}

TEST_CASE("a hook past its time is killed with what it started", "[kernel]") {
    std::string folder = "/tmp/crux-hook-XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    oci::Hook hook = shell("sleep 60 & echo $! > pid; wait");
    hook.timeout = 1;
    const std::uint64_t start = sys::monotonic_ns();
    Status status = run_all("poststop", {hook}, {.state = "", .directory = folder});
    const std::uint64_t taken = sys::monotonic_ns() - start;
    CHECK(message_of(std::move(status)) ==
          "error running poststop hook #0: hook ran past specified timeout of 1.0s "
          "(config.json: /hooks/poststop/0)");
    CHECK(taken >= 1'000'000'000);
    CHECK(taken < 5'000'000'000);
    auto text = sys::read_file(folder + "/pid");
    REQUIRE(text);
    auto pid = to_number<pid_t>(trimmed(*text));
    REQUIRE(pid);
    // Its parent is gone too, so another process reaps it: a zombie counts as dead.
    bool alive = true;
    for (int i = 0; alive && i < 100; ++i) {
        auto stat = sys::process_stat(*pid);
        alive = stat && !stat->dead();
        if (alive) ::usleep(10'000);
    }
    CHECK(!alive);
    CHECK(sys::unlinkat(sys::FdRef::cwd(), folder + "/pid"));
    CHECK(sys::unlinkat(sys::FdRef::cwd(), folder, AT_REMOVEDIR));
}

TEST_CASE("a process that a hook leaves behind is not waited for", "[kernel]") {
    const std::uint64_t start = sys::monotonic_ns();
    ProgramOutcome outcome = outcome_of_running(shell("sleep 30 & echo $!"));
    CHECK(outcome.succeeded());
    CHECK(sys::monotonic_ns() - start < 10'000'000'000);
    auto left_behind = to_number<pid_t>(trimmed(outcome.output));
    REQUIRE(left_behind);
    CHECK(sys::kill(*left_behind, SIGKILL));
}

TEST_CASE("a failing hook ends its stage, except in poststop", "[kernel]") {
    const std::vector<oci::Hook> hooks{shell("exit 1"), shell("exit 2"), shell("exit 0")};
    const HookContext setting{.state = "", .directory = "/"};
    CHECK_THAT(message_of(run_all("poststart", hooks, setting)), Catch::Contains("exit status 1"));
    std::vector<Error> failures = run_each("poststop", hooks, setting);
    REQUIRE(failures.size() == 2);
    CHECK_THAT(failures[1].message(), Catch::StartsWith("error running poststop hook #1: exit "
                                                        "status 2"));
}

TEST_CASE("a tail keeps the last bytes and says that it dropped some") {
    Tail tail(4);
    tail.add("ab");
    CHECK(tail.text() == "ab");
    tail.add("cd");
    CHECK(tail.text() == "abcd");
    tail.add("efghij");
    CHECK(tail.text() == "[…]ghij");
}
