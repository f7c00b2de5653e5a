#include "runtime/console/pty_master.h"

#include <fcntl.h>

#include <array>

#include "runtime/sys/file.h"
#include "runtime/sys/poll.h"
#include "runtime/sys/socket.h"
#include "runtime/sys/terminal.h"

namespace crux::console {

namespace {

constexpr std::string_view kPlace = "terminal of the container";

/// Disables the carriage returns that a pty adds before line ends.
Status write_plain_lines(sys::FdRef pty) {
    struct ::termios modes = TRY(sys::tcgetattr(pty).during(kPlace));
    modes.c_oflag &= ~static_cast<tcflag_t>(ONLCR);
    return sys::tcsetattr(pty, modes).during(kPlace);
}

}  // namespace

Result<PtyMaster> PtyMaster::open(const TerminalStreams& streams) {
    HostTerminal host = TRY(HostTerminal::open(streams));
    auto pair = TRY(sys::socketpair(SOCK_STREAM).during(kPlace));
    return PtyMaster(streams, std::move(host), std::move(pair.first), std::move(pair.second));
}

Status PtyMaster::receive(int timeout_ms) {
    // Init's copy must be the only one, or its end would not be noticed.
    theirs_.reset();
    const short events = TRY(sys::poll_one(ours_, POLLIN, timeout_ms).during(kPlace));
    if (events == 0) return fail(Error::Kind::protocol, "init did not send the terminal in time");
    std::array<char, 4096> name{};
    // lint: allow wait: poll_one has seen the message.
    const auto message = TRY(sys::recvmsg(ours_, name, {&master_, 1}).during(kPlace));
    if (message.fds != 1 || !sys::is_terminal(master_))
        return fail(Error::Kind::protocol, "init did not send a terminal");
    ours_.reset();
    return prepare();
}

Status PtyMaster::prepare() {
    TRY(sys::set_nonblocking(master_, true).during(kPlace));
    auto peer = sys::pty_peer(master_, O_RDWR | O_NOCTTY);
    if (peer) peer_ = std::move(*peer);
    (void)resize();
    // Raw terminals require the carriage returns; files and pipes for the output do not.
    if (!sys::is_terminal(streams_.out)) TRY(write_plain_lines(master_));
    out_ = open_terminal_again(streams_.out);
    input_.emplace(streams_.in, master_);
    output_.emplace(master_, out_ ? sys::FdRef(out_) : streams_.out);
    return host_.make_raw();
}

bool PtyMaster::resize() {
    if (!master_) return true;
    // The window may be closed, and then its size does not matter.
    auto size = sys::window_size(host_.fd());
    if (size) (void)sys::set_window_size(master_, *size);
    return true;
}

void PtyMaster::resume() {
    if (!input_ || !peer_) return;
    (void)host_.make_raw();
    input_->resume();
}

void PtyMaster::ask(Entries entries) const {
    for (struct ::pollfd& entry : entries) entry = {.fd = -1, .events = 0, .revents = 0};
    if (input_) input_->ask(entries[0], entries[1]);
    if (output_) output_->ask(entries[2], entries[3]);
}

void PtyMaster::serve(Events entries) {
    if (input_) input_->serve(entries[0], entries[1]);
    if (output_) output_->serve(entries[2], entries[3]);
}

void PtyMaster::end_input() {
    input_.reset();
    peer_.reset();
}

}  // namespace crux::console
