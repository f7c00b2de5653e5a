#pragma once

#include <utility>

#include "runtime/base/error.h"
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

/// Why the start of a container that was let pass the barrier failed.
struct StartFailure {
    // NOLINTNEXTLINE(google-explicit-constructor): so that TRY converts it
    StartFailure(Error cause) : error(std::move(cause)) {}

    Error error;
    /// A hook or a step of init failed: the specification demands that the container is destroyed.
    /// Any other error tells nothing about the container, which may be running.
    bool ends_container = false;
};

/// Waits until init, which was let pass, has become the program, and runs the poststart hooks. For
/// a container whose lock is held.
Result<void, StartFailure> finish_start(const Context& context, const ExistingContainer& container,
                                        const Barrier& barrier);

/// Destroys a container whose start failed, and returns that failure.
Error destroyed_after(StartFailure failure, const Context& context,
                      const ExistingContainer& container);

}  // namespace crux::container
