#include "runtime/sys/process.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "runtime/sys/file.h"
#include "runtime/sys/namespace.h"
#include "runtime/sys/signal.h"
#include "runtime/sys/time.h"
#include "tests/support/catch.h"

using namespace crux;
using namespace crux::sys;

namespace {

struct Child {
    pid_t pid = 0;
    Pidfd fd;
};

/// A child that exits at once with the status, or waits for a signal if it is negative.
Child make_child(int status) {
    int number = -1;
    struct ::clone_args arguments = {};
    arguments.flags = CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<std::uintptr_t>(&number);
    arguments.exit_signal = SIGCHLD;
    auto pid = clone3(arguments);
    REQUIRE(pid);
    if (*pid == 0) {
        while (status < 0) ::syscall(SYS_ppoll, nullptr, 0, nullptr, nullptr, 0);
        ::syscall(SYS_exit_group, status);
    }
    return {*pid, Pidfd(number)};
}

}  // namespace

TEST_CASE("the state and start time follow the last parenthesis of the name") {
    auto stat = parse_process_stat(
        "42 (a) R b (c)) S 7 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 123456 1000 2 3 4 5 6 7 "
        "8 255 0 0\n");
    REQUIRE(stat);
    CHECK(stat->state == 'S');
    CHECK(stat->parent == 7);
    CHECK(stat->start_time == 123456);
    CHECK(!stat->dead());
    CHECK(!stat->exiting);
    CHECK(!stat->killed);
}

TEST_CASE("a process with a pending fatal signal is killed") {
    for (const auto& [pending, killed] : {std::pair{"256", true}, std::pair{"16640", true},
                                          std::pair{"16384", false}, std::pair{"0", false}}) {
        auto stat = parse_process_stat(
            std::string("42 (a) S 7 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 123456 1000 2 3 4 "
                        "5 6 7 8 ") +
            pending + " 0 0\n");
        INFO(pending);
        REQUIRE(stat);
        CHECK(stat->killed == killed);
    }
}

TEST_CASE("a truncated stat line is refused") {
    CHECK(!parse_process_stat(""));
    CHECK(!parse_process_stat("42 (a) S 1 2 3"));
    CHECK(!parse_process_stat("42 a S 7 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 123456 1 2"));
}

TEST_CASE("a child that exits is reaped with its status", "[kernel]") {
    Child child = make_child(7);
    auto status = reap(child.fd, 5000);
    REQUIRE(status);
    CHECK(*status == ExitStatus{.signalled = false, .value = 7});
    CHECK((*status)->code() == 7);
    CHECK(pidfd_send_signal(child.fd, 0).error().value == ESRCH);
}

TEST_CASE("a wait for a running child times out, and for a killed one it returns the signal",
          "[kernel]") {
    Child child = make_child(-1);
    CHECK(!reap(child.fd, 20).value());
    auto stat = process_stat(child.pid);
    REQUIRE(stat);
    CHECK(!stat->exiting);
    CHECK(stat->parent == ::getpid());
    CHECK(stat->start_time > 0);
    REQUIRE(pidfd_send_signal(child.fd, SIGKILL));
    REQUIRE(wait_for_exit(child.fd, 5000).value());
    CHECK(process_stat(child.pid)->dead());
    CHECK(process_stat(child.pid)->exiting);
    auto status = reap(child.fd, 5000);
    REQUIRE(status);
    CHECK(*status == ExitStatus{.signalled = true, .value = SIGKILL});
    CHECK((*status)->code() == 128 + SIGKILL);
}

TEST_CASE("an interrupted wait still keeps its timeout", "[kernel]") {
    struct ::sigaction quiet = {};
    struct ::sigaction before = {};
    quiet.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &quiet, &before);
    struct ::itimerval soon = {.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = 20000}};
    ::setitimer(ITIMER_REAL, &soon, nullptr);
    Child child = make_child(-1);
    const std::uint64_t start = monotonic_ns();
    CHECK(!wait_for_exit(child.fd, 100).value());
    CHECK(monotonic_ns() - start >= 100'000'000);
    ::sigaction(SIGALRM, &before, nullptr);
    REQUIRE(pidfd_send_signal(child.fd, SIGKILL));
    REQUIRE(reap(child.fd, 5000).value());
}

TEST_CASE("two pidfds of one process have one inode of their own, where the kernel gives one",
          "[kernel]") {
    auto first = pidfd_open(::getpid());
    auto second = pidfd_open(::getpid());
    auto other = pidfd_open(::getppid());
    REQUIRE(first);
    REQUIRE(second);
    auto inode = pidfd_inode(*first);
    REQUIRE(inode);
    CHECK(*inode == *pidfd_inode(*second));
    if (*inode && other) CHECK(*inode != *pidfd_inode(*other));
}

TEST_CASE("the boot id is a UUID and does not change") {
    auto id = boot_id();
    REQUIRE(id);
    CHECK(id->size() == 36);
    CHECK(*id == *boot_id());
}

TEST_CASE("a namespace is opened by its type only", "[kernel]") {
    auto own = open_namespace(::getpid(), "uts");
    REQUIRE(own);
    CHECK(namespace_type(*own).value() == CLONE_NEWUTS);
    CHECK(fstat(*own)->st_ino == fstat(*open_own_namespace("uts"))->st_ino);
    CHECK(fstat(*own)->st_ino != fstat(*open_own_namespace("ipc"))->st_ino);
    CHECK(open_namespace_at("/proc/self/ns/uts", CLONE_NEWUTS));
    CHECK(open_namespace_at("/proc/self/ns/uts", CLONE_NEWNET).error().value == EINVAL);
    CHECK(open_namespace_at("/dev/null", CLONE_NEWNET).error().value == EINVAL);
    CHECK(open_namespace_at("/proc/self/ns/none", CLONE_NEWNET).error().value == ENOENT);
}

TEST_CASE("blocked signals wait in a signalfd and the mask comes back", "[kernel]") {
    sigset_t inside;
    {
        BlockedSignals blocked(signal_set({SIGUSR1}));
        auto signals = signalfd(signal_set({SIGUSR1}));
        REQUIRE(signals);
        CHECK(!read_signal(*signals).value());
        ::raise(SIGUSR1);
        auto info = read_signal(*signals);
        REQUIRE(info);
        REQUIRE(*info);
        CHECK((*info)->ssi_signo == SIGUSR1);
    }
    ::sigprocmask(SIG_SETMASK, nullptr, &inside);
    CHECK(::sigismember(&inside, SIGUSR1) == 0);
    sigset_t most = all_signals_but({SIGUSR1});
    CHECK(::sigismember(&most, SIGUSR1) == 0);
    CHECK(::sigismember(&most, SIGTERM) == 1);
}

TEST_CASE("a resource limit is read and set") {
    auto before = prlimit(0, RLIMIT_CORE);
    REQUIRE(before);
    struct ::rlimit lower = {.rlim_cur = 0, .rlim_max = before->rlim_max};
    REQUIRE(prlimit(0, RLIMIT_CORE, &lower));
    CHECK(prlimit(0, RLIMIT_CORE)->rlim_cur == 0);
    REQUIRE(prlimit(0, RLIMIT_CORE, &*before));
}
