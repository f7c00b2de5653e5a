#pragma once

#include <sys/types.h>

#include "runtime/base/error.h"
#include "runtime/console/pty_master.h"
#include "runtime/console/signals.h"
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

/// Stays with a process in the foreground until it ends, and reaps it: how it ended.
///
/// Signals sent to us go to it, but for SIGCHLD (other children are reaped, which a subreaper
/// gets), SIGURG, and SIGWINCH where there is a terminal, which then gets its new size. With a
/// terminal (which has received its master), bytes are passed on meanwhile, and after the end until
/// all output is written; should our side not take it, SIGHUP, SIGINT, SIGQUIT or SIGTERM end that.
/// The process must be a child of ours.
Result<sys::ExitStatus> supervise(pid_t pid, sys::FdRef process, const Signals& signals,
                                  PtyMaster* terminal = nullptr, ExtraPoll extra = {});

}  // namespace crux::console
