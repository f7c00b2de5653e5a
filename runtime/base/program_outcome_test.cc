#include "runtime/base/program_outcome.h"

#include <signal.h>

#include "tests/support/catch.h"

namespace crux {
namespace {

constexpr HookLabel kHook = {.list = "startContainer", .index = 2, .path = "/hook", .timeout = 3};

std::string text_of(int wait_status, bool timed_out, std::string_view streams) {
    return hook_failure(kHook, outcome_of_report(wait_status, timed_out, streams)).text();
}

TEST_CASE("the words of signals are Go's") {
    struct Row {
        int number;
        const char* words;
    };
    const Row row = GENERATE(
        Row{SIGHUP, "hangup"}, Row{SIGINT, "interrupt"}, Row{SIGQUIT, "quit"},
        Row{SIGILL, "illegal instruction"}, Row{SIGTRAP, "trace/breakpoint trap"},
        Row{SIGABRT, "aborted"}, Row{SIGBUS, "bus error"}, Row{SIGFPE, "floating point exception"},
        Row{SIGKILL, "killed"}, Row{SIGUSR1, "user defined signal 1"},
        Row{SIGSEGV, "segmentation fault"}, Row{SIGUSR2, "user defined signal 2"},
        Row{SIGPIPE, "broken pipe"}, Row{SIGALRM, "alarm clock"}, Row{SIGTERM, "terminated"},
        Row{SIGSTKFLT, "stack fault"}, Row{SIGXCPU, "CPU time limit exceeded"},
        Row{SIGXFSZ, "file size limit exceeded"}, Row{SIGVTALRM, "virtual timer expired"},
        Row{SIGPROF, "profiling timer expired"}, Row{SIGIO, "I/O possible"},
        Row{SIGPWR, "power failure"}, Row{SIGSYS, "bad system call"}, Row{34, "signal 34"},
        Row{64, "signal 64"});
    CHECK(outcome_words(outcome_of_wait(row.number)) == std::string("signal: ") + row.words);
}

TEST_CASE("how a program ended is worded without what it wrote") {
    CHECK(outcome_words(outcome_of_wait(0)) == "exit status 0");
    CHECK(outcome_of_wait(0).succeeded());
    CHECK(outcome_words(outcome_of_wait(5 << 8)) == "exit status 5");
    CHECK_FALSE(outcome_of_wait(5 << 8).succeeded());
    constexpr int kDumpedCore = 0x80;
    CHECK(outcome_words(outcome_of_wait(SIGSEGV | kDumpedCore)) == "signal: segmentation fault");
    CHECK_FALSE(outcome_of_wait(SIGKILL).succeeded());
    CHECK(outcome_words({.end = ProgramOutcome::End::timed_out}) == "timed out");
    CHECK(outcome_words({.end = ProgramOutcome::End::not_started, .value = 2}) ==
          "no such file or directory");
}

TEST_CASE("a hook that init ran fails in the words of one that the parent ran") {
    using namespace std::string_view_literals;
    const auto streams = "\x04\0out\nerr\n"sv;
    CHECK(text_of(5 << 8, false, streams) ==
          "error running startContainer hook #2: exit status 5, stdout: out, stderr: err");
    CHECK(text_of(SIGTERM, false, streams) ==
          "error running startContainer hook #2: signal: terminated, stdout: out, stderr: err");
    CHECK(text_of(SIGKILL, true, streams) ==
          "error running startContainer hook #2: hook ran past specified timeout of 3.0s");
    const ProgramOutcome by_parent = {.value = 5, .output = "out\n", .error_output = "err\n"};
    CHECK(hook_failure(kHook, by_parent).message() ==
          text_of(5 << 8, false, streams) + " (config.json: /hooks/startContainer/2)");
}

TEST_CASE("of a hook's output only the line ends at its end are cut") {
    using namespace std::string_view_literals;
    CHECK(text_of(1 << 8, false, "\x05\0 a\n\r\n b \n"sv) ==
          "error running startContainer hook #2: exit status 1, stdout:  a, stderr:  b ");
}

TEST_CASE("a length in the report that does not fit is cut to the bytes that exist") {
    using namespace std::string_view_literals;
    CHECK(outcome_of_report(1 << 8, false, "\xff\xffout"sv).output == "out");
    CHECK(outcome_of_report(1 << 8, false, "\xff\xffout"sv).error_output.empty());
    CHECK(outcome_of_report(1 << 8, false, "\x01"sv).output.empty());
    CHECK(outcome_of_report(1 << 8, false, {}).value == 1);
    const std::string large = "\x2c\x01" + std::string(300, 'o') + "e";
    CHECK(outcome_of_report(1 << 8, false, large).output == std::string(300, 'o'));
    CHECK(outcome_of_report(1 << 8, false, large).error_output == "e");
}

TEST_CASE("a hook that could not be run is named with its place") {
    CHECK(hook_failure(kHook, Error(Errno{"pipe2", 24})).message() ==
          "error running startContainer hook #2: pipe2: too many open files"
          " (config.json: /hooks/startContainer/2)");
    CHECK(hook_failure(kHook, {.end = ProgramOutcome::End::not_started, .value = 13}).text() ==
          "error running startContainer hook #2: exec /hook: permission denied");
}

}  // namespace
}  // namespace crux
