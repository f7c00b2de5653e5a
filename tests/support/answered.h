#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace crux::test {

/// A system call as the kernel saw it.
struct Call {
    pid_t pid = 0;
    std::array<std::uint64_t, 5> arguments{};  ///< all that a call such as prctl(2) has
};

/// Runs the function on a thread of its own. The system calls of this number with this first
/// argument, which the thread and everything started from it make meanwhile, are answered with 0
/// and not made (seccomp_unotify(2)): so it is seen what a kernel that has them would be asked.
/// Needs root. Assertions belong behind it, not into the function.
std::vector<Call> answered(int number, std::uint32_t first_argument,
                           const std::function<void()>& function);

}  // namespace crux::test
