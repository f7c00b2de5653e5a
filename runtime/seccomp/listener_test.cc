#include "runtime/seccomp/listener.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <thread>

#include "runtime/sys/file.h"
#include "runtime/sys/socket.h"
#include "tests/support/catch.h"
#include "tests/support/descriptors.h"

namespace crux::seccomp {
namespace {

/// An agent's listening socket in a private directory.
class Agent {
 public:
    explicit Agent(int type = SOCK_STREAM) {
        REQUIRE(::mkdtemp(directory_.data()) != nullptr);
        path = directory_ + "/agent.sock";
        auto made = sys::socket(AF_UNIX, type);
        REQUIRE(made);
        socket = std::move(*made);
        REQUIRE(sys::bind_unix(socket, path));
        if (type == SOCK_STREAM) REQUIRE(::listen(socket.get(), 1) == 0);
    }
    ~Agent() {
        ::unlink(path.c_str());
        ::rmdir(directory_.c_str());
    }
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    std::string path;
    sys::SocketFd socket;

 private:
    std::string directory_ = "/tmp/crux-agent-XXXXXX";
};

/// All data until the peer closes, and the descriptors of each message.
struct Received {
    std::string text;
    std::size_t fds_with_first = 0;
    std::size_t fds_later = 0;
    sys::Fd first;
};

Received receive_all(sys::FdRef connection) {
    Received all;
    std::array<char, 1000> buffer{};
    for (bool first = true;; first = false) {
        std::array<sys::Fd, 4> fds;
        const auto message = sys::recvmsg(connection, buffer, fds);
        if (!message || message->bytes == 0) return all;
        all.text.append(buffer.data(), message->bytes);
        (first ? all.fds_with_first : all.fds_later) += message->fds;
        if (first) all.first = std::move(fds[0]);
    }
}

TEST_CASE("the agent gets one state with one descriptor, and then end of file") {
    const Agent agent;
    sys::Fd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    // Larger than a socket's buffer: several messages are needed.
    const std::string state(3'000'000, 'x');
    std::thread runtime([&] {
        Result<sys::SocketFd> socket = connect_listener(agent.path);
        if (socket) static_cast<void>(send_listener(*socket, file, state));
    });
    const sys::SocketFd connection(test::accept_one(agent.socket.get()));
    const Received got = connection ? receive_all(connection) : Received{};
    runtime.join();
    CHECK(got.text == state);
    CHECK(got.fds_with_first == 1);
    CHECK(got.fds_later == 0);
    struct ::stat sent{};
    struct ::stat arrived{};
    REQUIRE(::fstat(file.get(), &sent) == 0);
    REQUIRE(::fstat(got.first.get(), &arrived) == 0);
    CHECK(sent.st_ino == arrived.st_ino);
}

TEST_CASE("an agent that is missing or closes its socket is an error with its pointer") {
    const auto told = [](const std::string& path) {
        const auto socket = connect_listener(path);
        return socket ? std::string("connected") : socket.error().message();
    };
    CHECK(told("/nowhere/agent.sock") ==
          "failed to connect with seccomp agent at /nowhere/agent.sock: connect: no such file or "
          "directory "
          "(config.json: /linux/seccomp/listenerPath)");
    const Agent wrong_type(SOCK_DGRAM);
    CHECK(told(wrong_type.path) == "failed to connect with seccomp agent at " + wrong_type.path +
                                       ": connect: protocol wrong type for socket (config.json: "
                                       "/linux/seccomp/listenerPath)");

    const Agent agent;
    const auto socket = connect_listener(agent.path);
    REQUIRE(socket);
    REQUIRE(sys::SocketFd(test::accept_one(agent.socket.get())));
    const Status sent = send_listener(*socket, sys::FdRef(0), "{}");
    REQUIRE(!sent);
    CHECK(sent.error().message() ==
          "send the container process state to the seccomp agent: sendmsg: broken pipe "
          "(config.json: /linux/seccomp/listenerPath)");
}

TEST_CASE("an agent that reads nothing is an error after a timeout") {
    const Agent agent;
    const auto socket = connect_listener(agent.path);
    REQUIRE(socket);
    struct ::timeval limit{};
    ::socklen_t size = sizeof(limit);
    REQUIRE(::getsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &limit, &size) == 0);
    CHECK(limit.tv_sec == 10);

    const struct ::timeval soon{.tv_sec = 0, .tv_usec = 50'000};
    REQUIRE(::setsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon)) == 0);
    const Status sent = send_listener(*socket, sys::FdRef(0), std::string(3'000'000, 'x'));
    REQUIRE(!sent);
    CHECK_THAT(sent.error().text(),
               Catch::EndsWith("the seccomp agent did not receive it within 10 seconds"));
}

}  // namespace
}  // namespace crux::seccomp
