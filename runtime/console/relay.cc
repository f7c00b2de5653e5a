#include "runtime/console/relay.h"

#include <fcntl.h>

#include <cerrno>

#include "runtime/sys/file.h"
#include "runtime/sys/terminal.h"

namespace crux::console {

void Relay::ask(struct ::pollfd& source, struct ::pollfd& sink) const {
    const bool wants_source = !pending() && !ended_;
    source = {.fd = wants_source ? source_.get() : -1, .events = POLLIN, .revents = 0};
    sink = {.fd = pending() ? sink_.get() : -1, .events = POLLOUT, .revents = 0};
}

void Relay::serve(const struct ::pollfd& source, const struct ::pollfd& sink) {
    if (sink.revents != 0 && pending()) empty();
    if (source.revents != 0 && !pending() && !ended_) fill();
}

void Relay::fill() {
    auto count = sys::read(source_, buffer_);
    if (!count) {
        // EIO: the other side of a pty is closed, or this process is in the background of a
        // terminal.
        ended_ = count.error().value != EAGAIN;
        return;
    }
    ended_ = *count == 0;
    begin_ = 0;
    end_ = sink_closed_ ? 0 : *count;
}

void Relay::empty() {
    auto count = sys::write(sink_, {buffer_.data() + begin_, end_ - begin_});
    if (count) {
        begin_ += *count;
        return;
    }
    if (count.error().value == EAGAIN) return;
    sink_closed_ = true;
    begin_ = end_;
}

sys::Fd open_terminal_again(sys::FdRef file) {
    if (!sys::is_terminal(file)) return {};
    auto again =
        sys::openat(sys::FdRef::cwd(), sys::FdPath(file), O_WRONLY | O_NOCTTY | O_NONBLOCK);
    return again ? std::move(*again) : sys::Fd();
}

}  // namespace crux::console
