#pragma once

#include <cerrno>
#include <type_traits>

#include "runtime/base/error.h"

/// For the bodies in this folder only.
namespace crux::sys::detail {

/// Makes the call until it was not interrupted; what it answered, or its errno under the name.
template <class Call>
auto checked(const char* name, Call call) noexcept -> Result<decltype(call()), Errno> {
    for (;;) {
        auto answer = call();
        if (answer >= 0) return answer;
        if (errno != EINTR) return std::unexpected(Errno{name, errno});
    }
}

/// As checked, for calls whose answer says nothing but success.
template <class Call>
Result<void, Errno> done(const char* name, Call call) noexcept {
    while (call() < 0)
        if (errno != EINTR) return std::unexpected(Errno{name, errno});
    return {};
}

/// As checked, for calls that answer a descriptor: the owner of it.
template <class Owner, class Call>
Result<Owner, Errno> owned(const char* name, Call call) noexcept {
    for (;;) {
        auto answer = call();
        if (answer >= 0) return Owner(static_cast<int>(answer));
        if (errno != EINTR) return std::unexpected(Errno{name, errno});
    }
}

}  // namespace crux::sys::detail
