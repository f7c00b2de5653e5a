#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace crux::test {

/// A system call as the kernel received it.
struct Call {
    pid_t pid = 0;
    std::array<std::uint64_t, 5> arguments{};  ///< the arguments of a call such as prctl(2)
};

/// Runs the function in a new thread. System calls with this number and this first argument, made
/// meanwhile by the thread and the processes that it starts, are not executed but return 0
/// (seccomp_unotify(2)): this shows what crux would request from a kernel that supports them. Needs
/// root. Assertions belong after it, not into the function.
std::vector<Call> answered(int number, std::uint32_t first_argument,
                           const std::function<void()>& function);

}  // namespace crux::test
