#pragma once

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::checkpoint {

/// How long a restore waits for the page server, in milliseconds.
inline constexpr int kLazyPagesMs = 10'000;

/// Waits until `criu lazy-pages`, which serves the memory of a lazy restore (criu(8)), has made its
/// socket in CRIU's work directory, because it may still be starting. After the timeout, CRIU
/// itself reports what is missing.
Status await_lazy_pages(sys::FdRef work, int timeout_ms = kLazyPagesMs);

}  // namespace crux::checkpoint
