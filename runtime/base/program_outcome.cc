#include "runtime/base/program_outcome.h"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/base/text.h"

namespace crux {

namespace {

/// By number, as Go's syscall.Signal prints them on Linux. All architectures that crux supports
/// have these numbers.
constexpr std::array<const char*, 32> kSignalWords = {
    nullptr,
    "hangup",
    "interrupt",
    "quit",
    "illegal instruction",
    "trace/breakpoint trap",
    "aborted",
    "bus error",
    "floating point exception",
    "killed",
    "user defined signal 1",
    "segmentation fault",
    "user defined signal 2",
    "broken pipe",
    "alarm clock",
    "terminated",
    "stack fault",
    "child exited",
    "continued",
    "stopped (signal)",
    "stopped",
    "stopped (tty input)",
    "stopped (tty output)",
    "urgent I/O condition",
    "CPU time limit exceeded",
    "file size limit exceeded",
    "virtual timer expired",
    "profiling timer expired",
    "window changed",
    "I/O possible",
    "power failure",
    "bad system call",
};

std::string_view without_line_ends(std::string_view text) {
    const std::size_t last = text.find_last_not_of("\r\n");
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::string describe(const HookLabel& hook, const ProgramOutcome& outcome) {
    switch (outcome.end) {
        case ProgramOutcome::End::exited:
        case ProgramOutcome::End::signalled:
            break;
        case ProgramOutcome::End::timed_out:
            return cat("hook ran past specified timeout of ", hook.timeout, ".0s");
        case ProgramOutcome::End::not_started:
            return cat("exec ", hook.path, ": ", outcome_words(outcome), outcome.cause);
    }
    return cat(outcome_words(outcome), ", stdout: ", without_line_ends(outcome.output),
               ", stderr: ", without_line_ends(outcome.error_output));
}

}  // namespace

std::string signal_words(int number) {
    const auto index = static_cast<std::size_t>(number);
    const bool is_known = index < kSignalWords.size() && kSignalWords[index] != nullptr;
    return is_known ? kSignalWords[index] : cat("signal ", number);
}

ProgramOutcome outcome_of_wait(int wait_status) {
    if (WIFSIGNALED(wait_status))
        return {.end = ProgramOutcome::End::signalled, .value = WTERMSIG(wait_status)};
    return {.value = WEXITSTATUS(wait_status)};
}

ProgramOutcome outcome_of_report(int wait_status, bool timed_out, std::string_view streams) {
    ProgramOutcome outcome = outcome_of_wait(wait_status);
    if (timed_out) outcome = {.end = ProgramOutcome::End::timed_out};
    constexpr std::size_t kHead = 2;
    if (streams.size() < kHead) return outcome;
    constexpr unsigned kByteBits = 8;
    const auto low = static_cast<unsigned char>(streams[0]);
    const auto high = static_cast<unsigned char>(streams[1]);
    streams.remove_prefix(kHead);
    // The report comes from inside the container, so its length is not trustworthy.
    const std::size_t first = std::min(low + (std::size_t{high} << kByteBits), streams.size());
    outcome.output = streams.substr(0, first);
    outcome.error_output = streams.substr(first);
    return outcome;
}

std::string outcome_words(const ProgramOutcome& outcome) {
    switch (outcome.end) {
        case ProgramOutcome::End::exited:
            break;
        case ProgramOutcome::End::signalled:
            return cat("signal: ", signal_words(outcome.value));
        case ProgramOutcome::End::timed_out:
            return "timed out";
        case ProgramOutcome::End::not_started:
            return errno_words(outcome.value);
    }
    return cat("exit status ", outcome.value);
}

Error hook_failure(const HookLabel& hook, const ProgramOutcome& outcome) {
    return hook_failure(hook, Error(Error::Kind::os, describe(hook, outcome)));
}

Error hook_failure(const HookLabel& hook, Error cause) {
    return std::move(cause)
        .as(Reason::hook)
        .during(cat("error running ", hook.list, " hook #", hook.index))
        .at(cat("/hooks/", hook.list, "/", hook.index));
}

}  // namespace crux
