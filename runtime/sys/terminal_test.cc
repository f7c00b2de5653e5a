#include "runtime/sys/terminal.h"

#include <fcntl.h>

#include <array>
#include <string_view>

#include "runtime/sys/file.h"
#include "runtime/sys/poll.h"
#include "tests/support/catch.h"
#include "tests/support/descriptors.h"
#include "tests/support/facts.h"

using namespace crux;
using namespace crux::sys;

TEST_CASE("a pty's peer is a terminal with the master's size", "[kernel]") {
    const Fd master(test::open_pty_master());
    if (!master) test::skip("no /dev/ptmx here");
    auto peer = pty_peer(master, O_RDWR | O_NOCTTY);
    REQUIRE(peer);
    CHECK(is_terminal(*peer));
    CHECK(test::is_cloexec(master.get()));
    CHECK(test::is_cloexec(peer->get()));
    struct ::winsize size = {};
    size.ws_row = 33;
    size.ws_col = 77;
    REQUIRE(set_window_size(master, size));
    CHECK(window_size(*peer)->ws_row == 33);
    CHECK(window_size(*peer)->ws_col == 77);
}

TEST_CASE("raw mode passes bytes unchanged", "[kernel]") {
    const Fd master(test::open_pty_master());
    if (!master) test::skip("no /dev/ptmx here");
    auto peer = pty_peer(master, O_RDWR | O_NOCTTY);
    REQUIRE(peer);
    auto attributes = tcgetattr(*peer);
    REQUIRE(attributes);
    CHECK((attributes->c_oflag & OPOST) != 0);
    REQUIRE(tcsetattr(*peer, raw(*attributes)));
    REQUIRE(write_all(*peer, "a\nb"));
    REQUIRE(poll_one(master, POLLIN, 1000).value() != 0);
    std::array<char, 16> bytes{};
    CHECK(std::string_view(bytes.data(), read(master, bytes).value()) == "a\nb");
}

TEST_CASE("a pipe is not a terminal") {
    auto pipe = pipe2();
    REQUIRE(pipe);
    CHECK(!is_terminal(pipe->read));
    auto size = window_size(pipe->read);
    REQUIRE(!size);
    CHECK(size.error().value == ENOTTY);
}
