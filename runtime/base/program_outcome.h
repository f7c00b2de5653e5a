#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/error.h"

/// The outcome of hooks and helper programs that crux runs. Only this file decodes and describes
/// the outcome of a hook, for hooks that the parent runs and for hooks that init runs.
namespace crux {

/// How a program exited, and the end of its output.
struct ProgramOutcome {
    enum class End : std::uint8_t {
        exited,       ///< value: the exit status
        signalled,    ///< value: the signal
        timed_out,    ///< killed, with its process group, at the end of its timeout
        not_started,  ///< value: the errno of exec
    };
    End end = End::exited;
    int value = 0;
    std::string cause;         ///< not_started: what is wrong with the program's file, or empty
    std::string output;        ///< of stdout
    std::string error_output;  ///< of stderr

    [[nodiscard]] bool succeeded() const { return end == End::exited && value == 0; }
};

/// The outcome for a status of wait4(2).
ProgramOutcome outcome_of_wait(int wait_status);

/// The outcome of a hook that init waited for. `streams` is the detail of init's report: the length
/// of stdout in two bytes, the lower one first, then stdout and stderr.
ProgramOutcome outcome_of_report(int wait_status, bool timed_out, std::string_view streams);

/// How it exited, in the text of Go's os/exec, which callers match: "exit status 1", "signal:
/// killed".
std::string outcome_words(const ProgramOutcome& outcome);

/// Go's text for a signal: "killed", "bad system call"; "signal 34" for one without a text.
std::string signal_words(int number);

/// The properties of a hook that messages show.
struct HookLabel {
    std::string_view list;  ///< "createRuntime"
    std::size_t index = 0;
    std::string_view path;
    std::int64_t timeout = 0;  ///< seconds
};

/// The error for a failed hook, in the text that callers know: "error running createRuntime hook
/// #0: exit status 1, stdout: …, stderr: …", with its JSON pointer.
Error hook_failure(const HookLabel& hook, const ProgramOutcome& outcome);
/// The same for a hook that could not be started or waited for.
Error hook_failure(const HookLabel& hook, Error cause);

}  // namespace crux
