#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/error.h"

/// How programs that crux runs ended: hooks and helpers. The outcome of a hook is decoded and
/// worded here alone, for those that the parent runs and for those that init runs.
namespace crux {

/// How a program ended, and the last of what it wrote.
struct ProgramOutcome {
    enum class End : std::uint8_t {
        exited,       ///< value: the exit status
        signalled,    ///< value: the signal
        timed_out,    ///< killed, with its process group, at the end of its timeout
        not_started,  ///< value: the errno of exec
    };
    End end = End::exited;
    int value = 0;
    std::string output;        ///< of stdout
    std::string error_output;  ///< of stderr

    [[nodiscard]] bool succeeded() const { return end == End::exited && value == 0; }
};

/// The outcome by a status as wait4(2) gives it.
ProgramOutcome outcome_of_wait(int wait_status);

/// The outcome of a hook that init waited for. `streams` is the detail of init's report: the length
/// of stdout in two bytes, the lower one first, then stdout and stderr.
ProgramOutcome outcome_of_report(int wait_status, bool timed_out, std::string_view streams);

/// How it ended, in the words of Go's os/exec where that has some: "exit status 1", "signal:
/// killed".
std::string outcome_words(const ProgramOutcome& outcome);

/// What messages show of a hook.
struct HookLabel {
    std::string_view list;  ///< "createRuntime"
    std::size_t index = 0;
    std::string_view path;
    std::int64_t timeout = 0;  ///< seconds
};

/// A failed hook as callers of a runtime know it: "error running createRuntime hook #0: exit status
/// 1, stdout: …, stderr: …", with its place in config.json.
Error hook_failure(const HookLabel& hook, const ProgramOutcome& outcome);
/// The same for a hook that could not be run or waited for.
Error hook_failure(const HookLabel& hook, Error cause);

}  // namespace crux
