#pragma once

#include <sys/types.h>

#include "runtime/base/error.h"
#include "runtime/console/signals.h"
#include "runtime/console/traffic.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/process.h"

namespace crux::console {

/// Something else to be served while a process is in the foreground: when the descriptor is
/// readable, on_readable(context) is called, as long as it returns true.
struct ExtraPoll {
    sys::FdRef fd = sys::FdRef::none();
    bool (*on_readable)(void* context) = nullptr;
    void* context = nullptr;
};

/// Waits for a process in the foreground until it ends, reaps it and returns its exit status.
///
/// Signals to crux are forwarded to it, except SIGCHLD (other children, which a subreaper gets, are
/// reaped), SIGURG, and with a terminal SIGWINCH, which sets the new size. Bytes of the traffic are
/// copied meanwhile, and after the end until all output is written; if our side does not accept it,
/// SIGHUP, SIGINT, SIGQUIT or SIGTERM end that. The process must be a child of this one.
Result<sys::ExitStatus> supervise(pid_t pid, sys::FdRef process, const Signals& signals,
                                  Traffic* traffic = nullptr, ExtraPoll extra = {});

}  // namespace crux::console
