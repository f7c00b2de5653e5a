#pragma once

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/signal.h"

namespace crux::console {

/// All signals that can be blocked, waiting in a descriptor as long as this lives. None of them
/// ends or stops us meanwhile, so that the one who supervises passes them on and cleans up.
///
/// A process cloned meanwhile inherits the blocked mask: it has to set the one from before.
class Signals {
 public:
    static Result<Signals> open();

    Signals(Signals&& other) noexcept;
    Signals& operator=(Signals&&) = delete;
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    /// Gives the mask from before back.
    ~Signals();

    [[nodiscard]] sys::FdRef fd() const { return fd_; }
    [[nodiscard]] const sigset_t& before() const { return before_; }

 private:
    Signals(const sigset_t& before, bool active) : before_(before), active_(active) {}

    sigset_t before_;
    bool active_;
    sys::Fd fd_;
};

}  // namespace crux::console
