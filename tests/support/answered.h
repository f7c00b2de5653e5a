#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace crux::test {

/// A system call as the kernel received it.
struct Call {
    pid_t pid = 0;
    std::array<std::uint64_t, 5> arguments{};  ///< the arguments of a call such as prctl(2)
    std::string effective;                     ///< CapEff of the caller at that moment
};

/// Runs the function in a new thread. System calls with this number and this first argument (or
/// any), made meanwhile by the thread and the processes that it starts, are not executed but return
/// 0 (seccomp_unotify(2)): this shows what crux would request from a kernel that supports them, and
/// whether it notices that nothing was done. Calls that are not chosen are executed as usual. Needs
/// root. Assertions belong after it, not into the function.
std::vector<Call> answered(int number, std::optional<std::uint32_t> first_argument,
                           const std::function<void()>& function,
                           const std::function<bool(const Call&)>& chosen = {});

}  // namespace crux::test
