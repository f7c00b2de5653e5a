#pragma once

#include <poll.h>

#include <array>
#include <cstddef>

#include "runtime/sys/handle.h"

namespace crux::console {

/// Copies bytes in one direction, in a poll loop. Reads only when the last bytes are written, so
/// that a slow sink slows the source down and no byte is lost; after a sink is closed (a pipe), the
/// rest is dropped, so that the source can finish.
class Relay {
 public:
    Relay(sys::FdRef source, sys::FdRef sink) : source_(source), sink_(sink) {}

    /// Fills in the events to wait for.
    void ask(struct ::pollfd& source, struct ::pollfd& sink) const;
    /// Handles the events, without waiting.
    void serve(const struct ::pollfd& source, const struct ::pollfd& sink);

    /// Whether bytes wait for the sink.
    [[nodiscard]] bool pending() const { return begin_ != end_; }
    /// The source is at its end, and everything is written or dropped.
    [[nodiscard]] bool finished() const { return ended_ && !pending(); }
    /// The sink accepts no more bytes.
    [[nodiscard]] bool sink_closed() const { return sink_closed_; }
    /// Reads again from a source that seemed to be at its end: a terminal while crux was in its
    /// background.
    void resume() { ended_ = false; }

 private:
    void fill();
    void empty();

    // A pipe that polls as writable accepts this many bytes without waiting, even if it is
    // blocking.
    static constexpr std::size_t kSize = 4096;

    sys::FdRef source_;
    sys::FdRef sink_;
    std::array<char, kSize> buffer_{};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool ended_ = false;
    bool sink_closed_ = false;
};

/// Opens a terminal again, non-blocking: the flag on the given descriptor would affect every
/// process that shares it. Nothing if this is not possible, or if the file is not a terminal: a
/// regular file would get another offset.
sys::Fd open_terminal_again(sys::FdRef file);

}  // namespace crux::console
