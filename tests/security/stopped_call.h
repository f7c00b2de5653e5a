#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace crux::test {

/// A command that is stopped when it enters its first call of this number, to be looked at from
/// outside. For programs that never wait long.
class StoppedCall {
 public:
    /// Runs the command until there.
    StoppedCall(const std::vector<std::string>& words, long number);
    ~StoppedCall();
    StoppedCall(const StoppedCall&) = delete;
    StoppedCall& operator=(const StoppedCall&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Lets it continue to its end; its exit status, or -1.
    int finish();

 private:
    pid_t pid_ = -1;
};

}  // namespace crux::test
