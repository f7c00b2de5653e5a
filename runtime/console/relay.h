#pragma once

#include <poll.h>

#include <array>
#include <cstddef>

#include "runtime/sys/handle.h"

namespace crux::console {

/// Copies bytes one way, for a poll loop. Reads only when what was read before is written, so that
/// a slow sink slows the source down and nothing is lost; what a sink no longer takes (a closed
/// pipe) is dropped, so that the source can finish.
class Relay {
 public:
    Relay(sys::FdRef source, sys::FdRef sink) : source_(source), sink_(sink) {}

    /// Fills in what it waits for now.
    void ask(struct ::pollfd& source, struct ::pollfd& sink) const;
    /// Does what the events allow, without waiting.
    void serve(const struct ::pollfd& source, const struct ::pollfd& sink);

    /// Whether bytes wait for the sink.
    [[nodiscard]] bool pending() const { return begin_ != end_; }
    /// The source has nothing more, and everything is written or dropped.
    [[nodiscard]] bool finished() const { return ended_ && !pending(); }
    /// Tries a source again that seemed to have ended: a terminal that we had in the background.
    void resume() { ended_ = false; }

 private:
    void fill();
    void empty();

    // A pipe that polls as writable takes this much without waiting, even a blocking one.
    static constexpr std::size_t kSize = 4096;

    sys::FdRef source_;
    sys::FdRef sink_;
    std::array<char, kSize> buffer_{};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool ended_ = false;
    bool sink_closed_ = false;
};

}  // namespace crux::console
