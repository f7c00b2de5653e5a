#pragma once

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::checkpoint {

/// How long a restore waits for the memory's server, in milliseconds.
inline constexpr int kLazyPagesMs = 10'000;

/// Waits until `criu lazy-pages`, which serves the memory of a lazy restore (criu(8)), has its
/// socket in the folder of CRIU's work, for it may just be starting. When the time is over, CRIU
/// tells by itself what it lacks.
Status await_lazy_pages(sys::FdRef work, int timeout_ms = kLazyPagesMs);

}  // namespace crux::checkpoint
