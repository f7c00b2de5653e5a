#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "oci-spec/types.h"
#include "runtime/base/error.h"

namespace crux::hooks {

/// How a hook ended, and the last of what it said.
struct Outcome {
    enum class End : std::uint8_t {
        exited,       ///< value: the exit status
        signalled,    ///< value: the signal
        timed_out,    ///< killed by us, with its process group, when its time was over
        not_started,  ///< value: the errno of exec
    };
    End end = End::exited;
    int value = 0;
    std::string output;     ///< of stdout
    std::string complaint;  ///< of stderr

    [[nodiscard]] bool succeeded() const { return end == End::exited && value == 0; }
};

/// The outcome of a hook that somebody else waited for (init): its status as wait4(2) gives it, and
/// the last of what it said.
Outcome outcome_of(int wait_status, bool timed_out, std::string_view output,
                   std::string_view complaint);

/// A failed hook as callers of a runtime know it: "error running createRuntime hook #0: exit status
/// 1, stdout: …, stderr: …", with its place in config.json.
Error failure(std::string_view name, std::size_t index, const oci::Hook& hook,
              const Outcome& outcome);

/// Keeps the last bytes of a stream, up to a limit.
class Tail {
 public:
    explicit Tail(std::size_t limit) : limit_(limit) {}
    void add(std::string_view bytes);
    /// What is kept; "[…]" stands for what was dropped before it.
    [[nodiscard]] std::string text() const;

 private:
    std::size_t limit_;
    bool cut_ = false;
    std::string bytes_;
};

}  // namespace crux::hooks
