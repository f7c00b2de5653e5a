#include "runtime/console/stream_pipes.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>

#include "runtime/sys/file.h"
#include "runtime/sys/socket.h"
#include "tests/support/catch.h"
#include "tests/support/facts.h"

using namespace crux;
using namespace crux::console;

namespace {

sys::Fd memory(const std::string& text = "") {
    sys::Fd file(::memfd_create("test", MFD_CLOEXEC));
    REQUIRE(file);
    REQUIRE(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    REQUIRE(::lseek(file.get(), 0, SEEK_SET) == 0);
    return file;
}

std::string content(sys::FdRef file) {
    std::string text(1 << 20, '\0');
    const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
    REQUIRE(size >= 0);
    text.resize(static_cast<std::size_t>(size));
    return text;
}

StreamPipes open(sys::FdRef in, sys::FdRef out, sys::FdRef err) {
    auto pipes = StreamPipes::open({.in = in, .out = out, .err = err});
    REQUIRE(pipes);
    return std::move(*pipes);
}

/// Copies until nothing is left to copy now.
void pump(StreamPipes& pipes) {
    for (;;) {
        std::array<struct ::pollfd, Traffic::kEntries> entries{};
        pipes.ask(entries);
        if (::poll(entries.data(), entries.size(), 0) <= 0) return;
        pipes.serve(entries);
    }
}

}  // namespace

TEST_CASE("a pipe, a socket and /dev/null are passed on, and every other file is replaced") {
    auto pipe = sys::pipe2();
    auto sockets = sys::socketpair(SOCK_STREAM);
    const sys::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    REQUIRE((pipe && sockets && null));
    CHECK(open(null, pipe->write, sockets->first).empty());

    const sys::Fd zero(::open("/dev/zero", O_RDWR | O_CLOEXEC));
    const sys::Fd folder(::open("/", O_RDONLY | O_CLOEXEC));
    const sys::Fd path(::open("/", O_PATH | O_CLOEXEC));
    const sys::Fd file = memory();
    const std::string name = "/tmp/crux-test-fifo-" + std::to_string(::getpid());
    REQUIRE(::mkfifo(name.c_str(), 0600) == 0);
    const sys::Fd fifo(::open(name.c_str(), O_RDWR | O_CLOEXEC));
    ::unlink(name.c_str());
    for (const sys::FdRef other : {sys::FdRef(zero), sys::FdRef(folder), sys::FdRef(path),
                                   sys::FdRef(file), sys::FdRef(fifo)}) {
        const StreamPipes pipes = open(other, null, other);
        CHECK_FALSE(pipes.empty());
        CHECK(pipes.theirs()[0].get() >= 0);
        CHECK(pipes.theirs()[1].get() == -1);
        CHECK(pipes.theirs()[2].get() >= 0);
    }
}

TEST_CASE("input reaches the program with its end, and output reaches the caller's file") {
    const std::string text(300'000, 'x');
    const sys::Fd in = memory(text);
    const sys::Fd out = memory();
    const sys::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    StreamPipes pipes = open(in, out, null);
    const sys::Fd read_end(::dup(pipes.theirs()[0].get()));
    sys::Fd write_end(::dup(pipes.theirs()[1].get()));
    pipes.close_theirs();

    std::string got;
    std::string bytes(65536, '\0');
    for (;;) {
        pump(pipes);
        const ssize_t size = ::read(read_end.get(), bytes.data(), bytes.size());
        REQUIRE(size >= 0);
        if (size == 0) break;
        got.append(bytes, 0, static_cast<std::size_t>(size));
    }
    CHECK(got == text);
    REQUIRE(::write(write_end.get(), "done\n", 5) == 5);
    pump(pipes);
    CHECK_FALSE(pipes.drained());
    write_end.reset();
    pump(pipes);
    CHECK(pipes.drained());
    CHECK(content(out) == "done\n");
}

TEST_CASE("one file for output and errors keeps their order") {
    const sys::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const sys::Fd log = memory();
    StreamPipes pipes = open(null, log, log);
    CHECK(pipes.theirs()[1].get() == pipes.theirs()[2].get());
    for (int i = 0; i < 100; ++i)
        REQUIRE(::write(pipes.theirs()[1 + (i % 2)].get(), i % 2 == 0 ? "o" : "e", 1) == 1);
    pipes.close_theirs();
    pump(pipes);
    CHECK(pipes.drained());
    std::string expected;
    for (int i = 0; i < 50; ++i) expected += "oe";
    CHECK(content(log) == expected);
}

TEST_CASE("a program whose output cannot be written gets an error") {
    const sys::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const sys::Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    if (!full) test::skip("/dev/full is missing");
    StreamPipes pipes = open(null, full, null);
    const sys::Fd write_end(::dup(pipes.theirs()[1].get()));
    pipes.close_theirs();
    REQUIRE(::write(write_end.get(), "lost", 4) == 4);
    pump(pipes);
    CHECK(pipes.drained());
    ::signal(SIGPIPE, SIG_IGN);
    CHECK(::write(write_end.get(), "more", 4) == -1);
    ::signal(SIGPIPE, SIG_DFL);
}
