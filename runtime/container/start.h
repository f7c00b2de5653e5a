#pragma once

#include "runtime/container/context.h"
#include "runtime/container/existing.h"
#include "runtime/sys/handle.h"

namespace crux::container {

/// The writing end of a container's exec.fifo, at whose other end init waits.
class Barrier {
 public:
    /// "container process is already dead" where no init holds the other end.
    static Result<Barrier> open(const StateDirectory& state);
    /// Lets init pass, now or when it gets there.
    [[nodiscard]] Status release() const;
    /// Waits until init has become the program, or has ended.
    [[nodiscard]] Status wait_for_exec(const ExistingContainer& container) const;

 private:
    explicit Barrier(sys::Fd fifo) : fifo_(std::move(fifo)) {}
    sys::Fd fifo_;
};

/// Waits until init, which was let pass, has become the program, and runs the poststart hooks. On
/// failure the container is destroyed. For a container whose lock is held.
Status finish_start(const Context& context, const ExistingContainer& container,
                    const Barrier& barrier);

}  // namespace crux::container
