#pragma once

#include <poll.h>

#include <cstddef>
#include <span>

namespace crux::console {

/// Bytes that crux copies between the caller and a program in the foreground: by a pty, or by
/// pipes.
class Traffic {
 public:
    virtual ~Traffic() = default;

    /// The number of entries that ask() fills.
    static constexpr std::size_t kEntries = 6;
    using Entries = std::span<struct ::pollfd, kEntries>;
    using Events = std::span<const struct ::pollfd, kEntries>;

    /// Fills in the entries for poll; unused ones have the descriptor -1.
    virtual void ask(Entries entries) const = 0;
    /// Copies what is possible after these events, without waiting.
    virtual void serve(Events events) = 0;

    /// Sets the size of the program's terminal to that of our window again (SIGWINCH). False if the
    /// program has no terminal of ours, and gets the signal.
    virtual bool resize() = 0;
    /// crux is in the foreground of its terminal again (SIGCONT).
    virtual void resume() = 0;

    /// The program has ended: no more input, and output only until it is drained.
    virtual void end_input() = 0;
    /// Whether output waits for our side to accept it.
    [[nodiscard]] virtual bool blocked() const = 0;
    /// No process can write output any more, and all of it is written.
    [[nodiscard]] virtual bool drained() const = 0;

 protected:
    Traffic() = default;
    Traffic(const Traffic&) = default;
    Traffic(Traffic&&) = default;
    Traffic& operator=(const Traffic&) = default;
    Traffic& operator=(Traffic&&) = default;
};

}  // namespace crux::console
