#include "runtime/console/supervise.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "runtime/console/pty_master.h"
#include "runtime/sys/file.h"
#include "runtime/sys/poll.h"
#include "runtime/sys/socket.h"
#include "runtime/sys/terminal.h"
#include "runtime/sys/time.h"
#include "tests/support/catch.h"
#include "tests/support/descriptors.h"
#include "tests/support/facts.h"

using namespace crux;
using namespace crux::console;

namespace {

struct Child {
    pid_t pid;
    sys::Pidfd fd;

    explicit Child(pid_t number) : pid(number) {
        auto opened = sys::pidfd_open(pid);
        REQUIRE(opened);
        fd = std::move(*opened);
    }
};

Signals open_signals() {
    auto signals = Signals::open();
    REQUIRE(signals);
    return std::move(*signals);
}

[[noreturn]] void become_shell(const Signals& signals, const char* script) {
    ::sigprocmask(SIG_SETMASK, &signals.before(), nullptr);
    ::execl("/bin/sh", "sh", "-c", script, nullptr);
    ::_exit(127);
}

/// A shell with our streams, except stdout if a pipe is given.
Child start(const Signals& signals, const char* script, sys::FdRef out = sys::FdRef::none()) {
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        if (out.get() >= 0) ::dup2(out.get(), 1);
        become_shell(signals, script);
    }
    return Child(pid);
}

/// The role of init with a terminal: sends the master, keeps the slave, waits for the start,
/// executes the program.
class Container {
 public:
    Container(const Signals& signals, PtyMaster& terminal, const char* script)
        : barrier_(make_barrier()), child_(make(signals, terminal.take_socket(), script)) {
        barrier_.read.reset();
        REQUIRE(terminal.receive(5000));
    }
    void start() { barrier_.write.reset(); }
    [[nodiscard]] const Child& child() const { return child_; }

 private:
    static sys::Pipe make_barrier() {
        auto pipe = sys::pipe2();
        REQUIRE(pipe);
        return std::move(*pipe);
    }
    pid_t make(const Signals& signals, sys::SocketFd socket, const char* script) {
        const pid_t pid = ::fork();
        REQUIRE(pid >= 0);
        if (pid != 0) return pid;
        ::setsid();
        sys::Fd master(test::open_pty_master());
        if (!master) ::_exit(126);
        auto peer = sys::pty_peer(master, O_RDWR | O_NOCTTY);
        const sys::FdRef sent(master);
        if (!peer || !sys::sendmsg(socket, "/dev/pts/0", {&sent, 1})) ::_exit(126);
        master.reset();
        ::ioctl(peer->get(), TIOCSCTTY, 0);
        for (int number : {0, 1, 2}) ::dup2(peer->get(), number);
        barrier_.write.reset();
        char byte = 0;
        (void)sys::read(barrier_.read, {&byte, 1});
        become_shell(signals, script);
    }

    sys::Pipe barrier_;
    Child child_;
};

/// A terminal with a user: the test has the master, crux gets the slave.
struct Person {
    sys::Fd master;
    sys::Fd slave;

    Person() {
        master = sys::Fd(test::open_pty_master());
        if (!master) test::skip("/dev/ptmx is missing");
        auto peer = sys::pty_peer(master, O_RDWR | O_NOCTTY);
        REQUIRE(peer);
        slave = std::move(*peer);
        struct ::winsize size = {};
        size.ws_row = 33;
        size.ws_col = 77;
        REQUIRE(sys::set_window_size(master, size));
    }
    /// The output on the screen so far.
    std::string seen() {
        REQUIRE(sys::set_nonblocking(master, true));
        std::string text;
        std::array<char, 4096> bytes{};
        while (sys::poll_one(master, POLLIN, 50).value_or(0) != 0) {
            auto count = sys::read(master, bytes);
            if (!count) break;
            text.append(bytes.data(), *count);
        }
        return text;
    }
    [[nodiscard]] TerminalStreams streams() const {
        return {.in = slave, .out = slave, .err = slave};
    }
};

sys::ExitStatus end_of(const Child& child, const Signals& signals, PtyMaster* terminal = nullptr) {
    auto status = supervise(child.pid, child.fd, signals, terminal);
    REQUIRE(status);
    return *status;
}

bool echoes(sys::FdRef terminal) {
    return (sys::tcgetattr(terminal)->c_lflag & ECHO) != 0;
}

}  // namespace

TEST_CASE("the exit status of the process is returned", "[kernel]") {
    Signals signals = open_signals();
    Child exits = start(signals, "exit 7");
    CHECK(end_of(exits, signals) == sys::ExitStatus{false, 7});
    Child killed = start(signals, "kill -9 $$");
    CHECK(end_of(killed, signals) == sys::ExitStatus{true, SIGKILL});
}

TEST_CASE("signals go to the process and do not end us", "[kernel]") {
    const int signal = GENERATE(SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGTSTP);
    Signals signals = open_signals();
    auto pipe = sys::pipe2();
    REQUIRE(pipe);
    Child child =
        start(signals, "trap 'exit 7' TERM INT HUP USR1 TSTP; echo; while :; do sleep 0.02; done",
              pipe->write);
    REQUIRE(sys::poll_one(pipe->read, POLLIN, 5000).value() != 0);
    ::kill(::getpid(), signal);
    CHECK(end_of(child, signals) == sys::ExitStatus{false, 7});
}

TEST_CASE("the old signal mask is restored", "[kernel]") {
    sigset_t before;
    sigset_t during;
    sigset_t after;
    ::sigprocmask(SIG_SETMASK, nullptr, &before);
    {
        Signals signals = open_signals();
        Signals moved = std::move(signals);
        ::sigprocmask(SIG_SETMASK, nullptr, &during);
        CHECK(::sigismember(&moved.before(), SIGTERM) == ::sigismember(&before, SIGTERM));
    }
    ::sigprocmask(SIG_SETMASK, nullptr, &after);
    CHECK(::sigismember(&during, SIGTERM) == 1);
    CHECK(::sigismember(&after, SIGTERM) == ::sigismember(&before, SIGTERM));
}

TEST_CASE("other children are reaped meanwhile", "[kernel]") {
    Signals signals = open_signals();
    Child other = start(signals, "exit 0");
    Child child = start(signals, "sleep 0.2; exit 3");
    CHECK(end_of(child, signals) == sys::ExitStatus{false, 3});
    CHECK(::waitpid(other.pid, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
}

TEST_CASE("a terminal has our size, passes bytes both ways and restores its modes", "[kernel]") {
    Person person;
    Signals signals = open_signals();
    auto terminal = PtyMaster::open(person.streams());
    REQUIRE(terminal);
    CHECK(echoes(person.slave));
    Container container(signals, *terminal,
                        "stty size; stty -echo; echo ready; read line; echo \"got $line\"; exit 5");
    CHECK(!echoes(person.slave));
    REQUIRE(sys::write_all(person.master, "hello\r"));
    container.start();
    CHECK(end_of(container.child(), signals, &*terminal) == sys::ExitStatus{false, 5});
    {
        PtyMaster gone = std::move(*terminal);
    }
    CHECK(echoes(person.slave));
    const std::string seen = person.seen();
    CHECK_THAT(seen, Catch::Contains("33 77\r\n") && Catch::Contains("ready\r\n") &&
                         Catch::EndsWith("got hello\r\n"));
}

TEST_CASE("a change of the window reaches the container", "[kernel]") {
    Person person;
    Signals signals = open_signals();
    auto terminal = PtyMaster::open(person.streams());
    REQUIRE(terminal);
    Container container(signals, *terminal,
                        "n=0; until [ \"$(stty size)\" = '11 22' ] || [ $n = 250 ]; do sleep 0.02; "
                        "n=$((n+1)); done; stty size");
    struct ::winsize size = {};
    size.ws_row = 11;
    size.ws_col = 22;
    REQUIRE(sys::set_window_size(person.master, size));
    ::kill(::getpid(), SIGWINCH);
    container.start();
    CHECK(end_of(container.child(), signals, &*terminal) == sys::ExitStatus{false, 0});
    CHECK(person.seen() == "11 22\r\n");
}

TEST_CASE("a slow reader of the output gets every byte, with plain line ends", "[kernel]") {
    Person person;
    Signals signals = open_signals();
    auto pipe = sys::pipe2();
    REQUIRE(pipe);
    auto terminal = PtyMaster::open({.in = person.slave, .out = pipe->write, .err = person.slave});
    REQUIRE(terminal);
    Container container(
        signals, *terminal,
        "i=0; while [ $i -lt 3000 ]; do echo a line of a hundred bytes or so $i; i=$((i+1)); done");
    std::string received;
    std::thread reader([&] {
        std::array<char, 3000> bytes{};
        for (;;) {
            ::usleep(1000);
            auto count = sys::read(pipe->read, bytes);
            if (!count || *count == 0) return;
            received.append(bytes.data(), *count);
        }
    });
    container.start();
    Result<sys::ExitStatus> status =
        supervise(container.child().pid, container.child().fd, signals, &*terminal);
    pipe->write.reset();
    reader.join();
    REQUIRE(status);
    CHECK(*status == sys::ExitStatus{false, 0});
    std::string expected;
    for (int i = 0; i < 3000; ++i)
        expected += "a line of a hundred bytes or so " + std::to_string(i) + "\n";
    CHECK(received.size() == expected.size());
    CHECK(received == expected);
}

TEST_CASE("a container may close its terminal and open it again", "[kernel]") {
    Person person;
    Signals signals = open_signals();
    auto terminal = PtyMaster::open(person.streams());
    REQUIRE(terminal);
    Container container(signals, *terminal,
                        "t=$(tty); exec </dev/null >/dev/null 2>&1; sleep 0.2; echo again > $t");
    container.start();
    CHECK(end_of(container.child(), signals, &*terminal) == sys::ExitStatus{false, 0});
    CHECK(person.seen() == "again\r\n");
}

TEST_CASE("a terminal that another process still has open does not block crux", "[kernel]") {
    Person person;
    Signals signals = open_signals();
    auto terminal = PtyMaster::open(person.streams());
    REQUIRE(terminal);
    Container container(signals, *terminal, "trap '' HUP; sleep 3 & echo done");
    const std::uint64_t begin = sys::monotonic_ns();
    container.start();
    CHECK(end_of(container.child(), signals, &*terminal) == sys::ExitStatus{false, 0});
    CHECK(sys::monotonic_ns() - begin < 2'000'000'000);
    CHECK(person.seen() == "done\r\n");
}

TEST_CASE("an init that does not send a terminal is an error without a wait", "[kernel]") {
    Person person;
    auto terminal = PtyMaster::open(person.streams());
    REQUIRE(terminal);
    SECTION("because it is gone") {
        terminal->take_socket().reset();
        auto status = terminal->receive(60'000);
        REQUIRE(!status);
        CHECK(status.error().message() == "init did not send a terminal");
    }
    SECTION("because it is late") {
        sys::SocketFd theirs = terminal->take_socket();
        auto status = terminal->receive(10);
        REQUIRE(!status);
        CHECK(status.error().message() == "init did not send the terminal in time");
    }
    SECTION("but something else") {
        sys::SocketFd theirs = terminal->take_socket();
        auto pipe = sys::pipe2();
        REQUIRE(pipe);
        const sys::FdRef sent(pipe->read);
        REQUIRE(sys::sendmsg(theirs, "x", {&sent, 1}));
        CHECK(!terminal->receive(1000));
    }
    CHECK(echoes(person.slave));
}
