#pragma once

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/signal.h"

namespace crux::console {

/// Blocks all signals that can be blocked and receives them with a descriptor, as long as the
/// object exists. None of them ends or stops crux meanwhile, so that the supervisor can forward
/// them and clean up.
///
/// A process that is cloned meanwhile inherits the blocked mask and must restore the old one.
class Signals {
 public:
    static Result<Signals> open();

    Signals(Signals&& other) noexcept;
    Signals& operator=(Signals&&) = delete;
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    /// Restores the old mask.
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
