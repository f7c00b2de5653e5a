#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/support/command.h"

namespace crux::test {

/// One system call of a command of crux: whose it is, its name, and which occurrence of that name
/// it is.
struct Call {
    std::string role = "crux";  ///< "crux", "init", or "child": one that has not executed anything
    std::string name;
    int number = 0;
    bool lasts = false;  ///< a fault in it is in all calls of this name that follow, too
    long result = 0;     ///< without a fault: ≥ 0, or -errno
    std::string text;    ///< its path, or what else identifies it
    [[nodiscard]] std::string describe() const;
};

/// Skips the test if processes must not be traced here.
void need_tracing();

/// The system calls of one run of the command, in order: its own, those of the container's init
/// until it executes the program, and those of other children until they execute something. The
/// calls of the C library before main count as well. `init`: an existing init that belongs to it.
std::vector<Call> all_calls_of(const std::vector<std::string>& words, pid_t init = 0);
/// Only those that the command itself makes.
std::vector<Call> calls_of(const std::vector<std::string>& words);

/// The command with this fault in one call: "kill", or "error=EPERM". A call that fails is not
/// made, except for close, which closes in any case.
std::vector<std::string> tampered(const std::vector<std::string>& words, const std::string& fault,
                                  const Call& call, pid_t init = 0);

}  // namespace crux::test
