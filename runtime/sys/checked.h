#pragma once

#include <cerrno>
#include <type_traits>

#include "runtime/base/error.h"

/// Internal to this folder.
namespace crux::sys::detail {

/// Repeats the call while it is interrupted. Returns its result, or its name and errno.
template <class Call>
auto checked(const char* name, Call call) noexcept -> Result<decltype(call()), Errno> {
    for (;;) {
        auto answer = call();
        if (answer >= 0) return answer;
        if (errno != EINTR) return std::unexpected(Errno{name, errno});
    }
}

/// Like checked, for calls whose result is only success.
template <class Call>
Result<void, Errno> done(const char* name, Call call) noexcept {
    while (call() < 0)
        if (errno != EINTR) return std::unexpected(Errno{name, errno});
    return {};
}

/// Like checked, for calls that return a descriptor: returns its owner.
template <class Owner, class Call>
Result<Owner, Errno> owned(const char* name, Call call) noexcept {
    for (;;) {
        auto answer = call();
        if (answer >= 0) return Owner(static_cast<int>(answer));
        if (errno != EINTR) return std::unexpected(Errno{name, errno});
    }
}

}  // namespace crux::sys::detail
