#include "runtime/sys/socket.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>

#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/poll.h"
#include "tests/support/catch.h"
#include "tests/support/descriptors.h"

using namespace crux;
using namespace crux::sys;

TEST_CASE("descriptors travel with a message and arrive close-on-exec", "[kernel]") {
    auto pair = socketpair(SOCK_SEQPACKET);
    auto pipe = pipe2();
    REQUIRE(pair);
    REQUIRE(pipe);
    const std::array<FdRef, 2> sent{FdRef(pipe->read), FdRef(pipe->write)};
    REQUIRE(sendmsg(pair->first, "hello", sent).value() == 5);
    std::array<char, 16> bytes{};
    std::array<Fd, 2> received;
    auto message = recvmsg(pair->second, bytes, received);
    REQUIRE(message);
    CHECK(std::string_view(bytes.data(), message->bytes) == "hello");
    REQUIRE(message->fds == 2);
    CHECK(!message->truncated);
    CHECK(test::is_cloexec(received[0].get()));
    REQUIRE(write_all(received[1], "x"));
    CHECK((poll_one(pipe->read, POLLIN, 1000).value() & POLLIN) != 0);
}

TEST_CASE("descriptors without an owner are closed and reported", "[kernel]") {
    auto pair = socketpair(SOCK_SEQPACKET);
    auto pipe = pipe2();
    REQUIRE(pair);
    REQUIRE(pipe);
    const std::array<FdRef, 1> sent{FdRef(pipe->write)};
    REQUIRE(sendmsg(pair->first, "x", sent));
    std::array<char, 1> byte{};
    auto message = recvmsg(pair->second, byte);
    REQUIRE(message);
    CHECK(message->fds == 0);
    CHECK(message->truncated);
    pipe->write.reset();
    // Only a leaked copy could still be open for writing.
    CHECK((poll_one(pipe->read, POLLIN, 1000).value() & POLLHUP) != 0);
}

TEST_CASE("a packet that does not fit is reported as truncated", "[kernel]") {
    auto pair = socketpair(SOCK_SEQPACKET);
    REQUIRE(pair);
    REQUIRE(sendmsg(pair->first, "hello"));
    std::array<char, 2> bytes{};
    auto message = recvmsg(pair->second, bytes);
    REQUIRE(message);
    CHECK(message->bytes == 2);
    CHECK(message->truncated);
}

TEST_CASE("a closed peer is an error and not a signal", "[kernel]") {
    auto pair = socketpair(SOCK_STREAM);
    REQUIRE(pair);
    pair->second.reset();
    auto sent = sendmsg(pair->first, "x");
    REQUIRE(!sent);
    CHECK(sent.error().value == EPIPE);
}

TEST_CASE("sockets are bound and connected at paths of any length", "[kernel]") {
    std::string folder = "/tmp/crux-socket-XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const bool deep = GENERATE(false, true);
    const std::string inner = folder + "/" + std::string(deep ? 200 : 1, 'd');
    REQUIRE(mkdirat(FdRef::cwd(), inner, 0700));
    const std::string path = inner + "/socket";
    {
        auto server = socket(AF_UNIX, SOCK_STREAM);
        auto client = socket(AF_UNIX, SOCK_STREAM);
        REQUIRE(server);
        REQUIRE(client);
        REQUIRE(bind_unix(*server, path));
        REQUIRE(::listen(server->get(), 1) == 0);
        REQUIRE(connect_unix(*client, path));
        const SocketFd accepted(test::accept_one(server->get()));
        REQUIRE(accepted);
        REQUIRE(sendmsg(*client, "x"));
        std::array<char, 1> byte{};
        CHECK(recvmsg(accepted, byte)->bytes == 1);
    }
    CHECK(unlinkat(FdRef::cwd(), path));
    CHECK(unlinkat(FdRef::cwd(), inner, AT_REMOVEDIR));
    CHECK(unlinkat(FdRef::cwd(), folder, AT_REMOVEDIR));
}

TEST_CASE("the waits of a connect for the backlog and of a send for a reader are limited",
          "[kernel]") {
    // An abstract name requires no cleanup.
    const std::string path = "@crux-socket-test-" + std::to_string(::getpid());
    auto server = socket(AF_UNIX, SOCK_STREAM);
    REQUIRE(server);
    struct ::sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::ranges::copy(path.substr(1), address.sun_path + 1);
    const auto length =
        static_cast<socklen_t>(offsetof(struct ::sockaddr_un, sun_path) + path.size());
    REQUIRE(::bind(server->get(), reinterpret_cast<struct ::sockaddr*>(&address), length) == 0);
    REQUIRE(::listen(server->get(), 0) == 0);
    auto first = socket(AF_UNIX, SOCK_STREAM);
    auto second = socket(AF_UNIX, SOCK_STREAM);
    constexpr int kShortMs = 50;
    REQUIRE(connect_unix(*first, path, kShortMs));
    auto full = connect_unix(*second, path, kShortMs);
    REQUIRE(!full);
    CHECK(full.error().value == ETIMEDOUT);
    const std::string more(1U << 20U, 'x');
    Result<std::size_t, Errno> sent = std::size_t{1};
    for (int i = 0; sent && i < 100; ++i) sent = sendmsg(*first, more);
    REQUIRE(!sent);
    CHECK(sent.error().value == EAGAIN);
}

TEST_CASE("an empty socket path is refused and never an abstract name") {
    auto client = socket(AF_UNIX, SOCK_STREAM);
    REQUIRE(client);
    CHECK(connect_unix(*client, "").error().value == ENOENT);
    CHECK(!bind_unix(*client, ""));
}
