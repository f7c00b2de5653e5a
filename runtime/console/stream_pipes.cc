#include "runtime/console/stream_pipes.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/sys/file.h"
#include "runtime/sys/terminal.h"

namespace crux::console {

namespace {

constexpr std::size_t kInput = 0;
constexpr std::size_t kOutput = 1;
constexpr std::size_t kErrors = 2;

/// Whether the file has no name, no content and no terminal: a program can then do with it what the
/// caller expects, and nothing else.
bool may_be_passed(sys::FdRef file, const struct ::stat& status) {
    constexpr long kPipes = 0x50495045;  // PIPEFS_MAGIC: not a named FIFO
    if (S_ISSOCK(status.st_mode)) return true;
    if (S_ISCHR(status.st_mode)) return status.st_rdev == ::makedev(1, 3);
    if (!S_ISFIFO(status.st_mode)) return false;
    auto place = sys::fstatfs(file);
    return place && place->f_type == kPipes;
}

bool is_same_file(const struct ::stat& one, const struct ::stat& other) {
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/// The terminal stops a process of its background that reads from it, or fails the read.
bool in_background(sys::FdRef file) {
    const pid_t foreground = ::tcgetpgrp(file.get());
    return foreground > 0 && foreground != ::getpgrp();
}

}  // namespace

StreamPipes::StreamPipes(const TerminalStreams& streams) {
    streams_[kInput].caller = streams.in;
    streams_[kOutput].caller = streams.out;
    streams_[kErrors].caller = streams.err;
}

Status StreamPipes::make(std::size_t number) {
    Stream& stream = streams_[number];
    sys::Pipe pipe = TRY(sys::pipe2().during("make a pipe for a standard stream"));
    const bool is_input = number == kInput;
    stream.ours = std::move(is_input ? pipe.write : pipe.read);
    stream.theirs = std::move(is_input ? pipe.read : pipe.write);
    TRY(sys::set_nonblocking(stream.ours, true).during("make a pipe for a standard stream"));
    if (is_input) {
        stream.relay.emplace(stream.caller, stream.ours);
        return {};
    }
    stream.again = open_terminal_again(stream.caller);
    stream.relay.emplace(stream.ours, stream.again ? sys::FdRef(stream.again) : stream.caller);
    return {};
}

Result<StreamPipes> StreamPipes::open(const TerminalStreams& streams) {
    StreamPipes pipes(streams);
    std::array<struct ::stat, 3> status{};
    for (std::size_t number = 0; number < pipes.streams_.size(); ++number) {
        const sys::FdRef file = pipes.streams_[number].caller;
        status[number] = TRY(sys::fstat(file).during("examine a standard stream"));
        if (may_be_passed(file, status[number])) continue;
        pipes.shares_output_ = number == kErrors && pipes.streams_[kOutput].relay &&
                               is_same_file(status[kOutput], status[kErrors]);
        if (!pipes.shares_output_) TRY(pipes.make(number));
    }
    return pipes;
}

std::array<sys::FdRef, 3> StreamPipes::theirs() const {
    return {streams_[kInput].theirs, streams_[kOutput].theirs,
            streams_[shares_output_ ? kOutput : kErrors].theirs};
}

void StreamPipes::close_theirs() {
    for (Stream& stream : streams_) stream.theirs.reset();
}

bool StreamPipes::empty() const {
    return std::ranges::none_of(streams_,
                                [](const Stream& stream) { return stream.relay.has_value(); });
}

void StreamPipes::ask(Entries entries) const {
    for (std::size_t number = 0; number < streams_.size(); ++number) {
        struct ::pollfd& source = entries[2 * number];
        struct ::pollfd& sink = entries[(2 * number) + 1];
        source = sink = {.fd = -1, .events = 0, .revents = 0};
        if (streams_[number].relay) streams_[number].relay->ask(source, sink);
    }
}

void StreamPipes::serve(Events events) {
    for (std::size_t number = 0; number < streams_.size(); ++number) {
        Stream& stream = streams_[number];
        if (!stream.relay) continue;
        stream.relay->serve(events[2 * number], events[(2 * number) + 1]);
        // The program gets the end of its input, or the error for output that is not read any more.
        const bool ended =
            stream.relay->finished() && (number != kInput || !in_background(stream.caller));
        if (stream.relay->sink_closed() || ended) stream.close();
    }
}

void StreamPipes::resume() {
    if (streams_[kInput].relay) streams_[kInput].relay->resume();
}

void StreamPipes::end_input() {
    streams_[kInput].close();
}

bool StreamPipes::blocked() const {
    const auto is_blocked = [](const Stream& stream) {
        return stream.relay && stream.relay->pending();
    };
    return is_blocked(streams_[kOutput]) || is_blocked(streams_[kErrors]);
}

bool StreamPipes::drained() const {
    return !streams_[kOutput].relay && !streams_[kErrors].relay;
}

}  // namespace crux::console
