#include "runtime/console/relay.h"

#include <signal.h>

#include <string>

#include "runtime/sys/file.h"
#include "runtime/sys/poll.h"
#include "runtime/sys/signal.h"
#include "tests/support/catch.h"

using namespace crux;
using namespace crux::console;

namespace {

/// One turn of a poll loop, without waiting; false if there is nothing to do.
bool turn(Relay& relay) {
    std::array<struct ::pollfd, 2> entries{};
    relay.ask(entries[0], entries[1]);
    auto count = sys::poll(entries, 0);
    REQUIRE(count);
    relay.serve(entries[0], entries[1]);
    return *count > 0;
}

std::string take(sys::FdRef file, std::size_t most = 100'000) {
    std::string text(most, '\0');
    auto count = sys::read(file, text);
    text.resize(count.value_or(0));
    return text;
}

struct Pipes {
    sys::Pipe in;
    sys::Pipe out;

    Pipes() {
        auto first = sys::pipe2();
        auto second = sys::pipe2();
        REQUIRE(first);
        REQUIRE(second);
        in = std::move(*first);
        out = std::move(*second);
    }
};

}  // namespace

TEST_CASE("a relay passes bytes on and ends with its source") {
    Pipes pipes;
    Relay relay(pipes.in.read, pipes.out.write);
    CHECK(!turn(relay));
    REQUIRE(sys::write_all(pipes.in.write, "hello"));
    while (turn(relay)) continue;
    CHECK(take(pipes.out.read) == "hello");
    CHECK(!relay.finished());
    pipes.in.write.reset();
    while (turn(relay)) continue;
    CHECK(relay.finished());
}

TEST_CASE("a blocked sink holds the source up and nothing is lost") {
    Pipes pipes;
    // A blocking sink: a relay that writes more than the free space would never return.
    Relay relay(pipes.in.read, pipes.out.write);
    std::string sent;
    std::string received;
    REQUIRE(sys::set_nonblocking(pipes.in.write, true));
    for (int i = 0; i < 300; ++i) {
        const std::string part(1000, static_cast<char>('a' + i % 26));
        auto written = sys::write(pipes.in.write, part);
        if (written) sent += part.substr(0, *written);
        while (turn(relay)) continue;
        if (i % 40 == 39) received += take(pipes.out.read, 3000);
    }
    CHECK(relay.pending());
    // Now both pipes are full.
    CHECK(sent.size() < 200'000);
    pipes.in.write.reset();
    while (!relay.finished()) {
        received += take(pipes.out.read);
        while (turn(relay)) continue;
    }
    pipes.out.write.reset();
    for (std::string rest = take(pipes.out.read); !rest.empty(); rest = take(pipes.out.read))
        received += rest;
    CHECK(received == sent);
}

TEST_CASE("what a closed sink does not take is dropped, so that the source goes on") {
    sys::BlockedSignals blocked(sys::signal_set({SIGPIPE}));
    Pipes pipes;
    Relay relay(pipes.in.read, pipes.out.write);
    pipes.out.read.reset();
    REQUIRE(sys::set_nonblocking(pipes.in.write, true));
    std::size_t accepted = 0;
    for (int i = 0; i < 300; ++i) {
        auto written = sys::write(pipes.in.write, std::string(1000, 'x'));
        accepted += written.value_or(0);
        while (turn(relay)) continue;
    }
    CHECK(accepted == 300'000);
    pipes.in.write.reset();
    while (turn(relay)) continue;
    CHECK(relay.finished());
    struct ::timespec now = {};
    const sigset_t set = sys::signal_set({SIGPIPE});
    ::sigtimedwait(&set, nullptr, &now);
}
