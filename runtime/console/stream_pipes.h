#pragma once

#include <array>
#include <optional>

#include "runtime/base/error.h"
#include "runtime/console/host_terminal.h"
#include "runtime/console/relay.h"
#include "runtime/console/traffic.h"
#include "runtime/sys/handle.h"

namespace crux::console {

/// Pipes in place of those standard streams of the caller that a program in the foreground must not
/// get (docs/decisions/0014): all but anonymous pipes, sockets and /dev/null. crux copies between
/// them and the caller's streams.
class StreamPipes final : public Traffic {
 public:
    /// Makes the pipes. Standard output and standard error share one if they are the same file, so
    /// that their output keeps its order.
    static Result<StreamPipes> open(const TerminalStreams& streams = {});

    /// The program's descriptors 0 to 2; none where it gets the caller's.
    [[nodiscard]] std::array<sys::FdRef, 3> theirs() const;
    /// Closes our copies of the program's ends, once it has them: otherwise its end would not be
    /// noticed.
    void close_theirs();
    /// Whether nothing has to be copied.
    [[nodiscard]] bool empty() const;

    void ask(Entries entries) const override;
    void serve(Events events) override;
    bool resize() override { return false; }
    void resume() override;
    void end_input() override;
    [[nodiscard]] bool blocked() const override;
    [[nodiscard]] bool drained() const override;

 private:
    struct Stream {
        sys::FdRef caller = sys::FdRef::none();
        sys::Fd ours;
        sys::Fd theirs;
        sys::Fd again;  ///< the caller's terminal, opened again as non-blocking; or nothing
        std::optional<Relay> relay;

        void close() {
            relay.reset();
            ours.reset();
        }
    };

    explicit StreamPipes(const TerminalStreams& streams);
    Status make(std::size_t number);

    std::array<Stream, 3> streams_;
    bool shares_output_ = false;
};

}  // namespace crux::console
