#include "runtime/privilege/privilege.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/privilege/call_filter.h"
#include "runtime/seccomp/interpreter_test.h"
#include "runtime/sys/confine.h"
#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/command.h"
#include "tests/support/facts.h"

using namespace crux;

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kOwn = AUDIT_ARCH_X86_64;
constexpr std::uint32_t kOther = AUDIT_ARCH_I386;
#elif defined(__aarch64__)
constexpr std::uint32_t kOwn = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t kOther = AUDIT_ARCH_ARM;
#else
constexpr std::uint32_t kOwn = AUDIT_ARCH_RISCV64;
constexpr std::uint32_t kOther = AUDIT_ARCH_RISCV32;
#endif

/// The filter's answer to a call: whether it is allowed. Refused calls must fail with EPERM.
bool allows(std::span<const struct ::sock_filter> filter, long number,
            std::array<std::uint64_t, 6> arguments = {}, std::uint32_t architecture = kOwn) {
    const std::span program(reinterpret_cast<const seccomp::Instruction*>(filter.data()),
                            filter.size());
    const auto answer = seccomp::testing::answer(program, architecture,
                                                 static_cast<std::uint32_t>(number), arguments);
    REQUIRE(answer);
    if (*answer == SECCOMP_RET_ALLOW) return true;
    CHECK(*answer == (SECCOMP_RET_ERRNO | EPERM));
    return false;
}

/// What this code returns in a child.
template <class Code>
int in_child(Code code) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(code());
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/// The errno of opening this file, or 0.
int error_of_open(const char* path, int flags) {
    return ::open(path, flags | O_CLOEXEC, 0600) < 0 ? errno : 0;
}

bool has_landlock() {
    constexpr unsigned kVersion = 1;  // LANDLOCK_CREATE_RULESET_VERSION
    return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersion) > 0;
}

}  // namespace

TEST_CASE("a process that relays may read, write, wait and exit") {
    const auto filter = privilege::relaying_calls();
    for (const long number : {SYS_read, SYS_write, SYS_ppoll, SYS_waitid, SYS_pidfd_send_signal,
                              SYS_sendmsg, SYS_recvmsg, SYS_close, SYS_exit_group, SYS_brk})
        CHECK(allows(filter, number));
    for (const std::uint64_t request : {TCGETS, TCSETS, TIOCGWINSZ, TIOCSWINSZ, TIOCGPGRP})
        CHECK(allows(filter, SYS_ioctl, {0, request}));
}

TEST_CASE("a process that relays may open, execute, trace and create nothing") {
    const auto filter = privilege::relaying_calls();
    for (const long number :
         {SYS_openat,     SYS_openat2,        SYS_execve,   SYS_execveat, SYS_clone,
          SYS_clone3,     SYS_socket,         SYS_connect,  SYS_ptrace,   SYS_process_vm_writev,
          SYS_pidfd_open, SYS_pidfd_getfd,    SYS_kill,     SYS_mprotect, SYS_mount,
          SYS_setns,      SYS_unshare,        SYS_bpf,      SYS_capset,   SYS_prctl,
          SYS_seccomp,    SYS_io_uring_setup, SYS_unlinkat, SYS_fchownat})
        CHECK_FALSE(allows(filter, number));
    CHECK_FALSE(allows(filter, SYS_ioctl, {0, TIOCSTI}));
    CHECK_FALSE(allows(filter, SYS_ioctl, {0, TIOCSCTTY}));
    // The numbers of other architectures and of x32 are other calls.
    CHECK_FALSE(allows(filter, SYS_read, {}, kOther));
    CHECK_FALSE(allows(filter, SYS_read | 0x40000000));
}

TEST_CASE("a process that reads may open files, but for nothing else") {
    const auto filter = privilege::reading_calls();
    for (const long number : {SYS_read, SYS_write, SYS_ppoll, SYS_exit_group, SYS_getdents64})
        CHECK(allows(filter, number));
    CHECK(allows(filter, SYS_openat, {0, 0, O_RDONLY | O_CLOEXEC}));
    for (const std::uint64_t flags : {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_TMPFILE | O_RDWR})
        CHECK_FALSE(allows(filter, SYS_openat, {0, 0, flags | O_CLOEXEC}));
    for (const long number : {SYS_execve, SYS_socket, SYS_ptrace, SYS_unlinkat, SYS_openat2})
        CHECK_FALSE(allows(filter, number));
    CHECK_FALSE(allows(filter, SYS_ioctl, {0, TIOCSTI}));
    CHECK(allows(filter, SYS_ioctl, {0, TCGETS}));
}

TEST_CASE("the kernel accepts both filters, and open files stay usable", "[kernel]") {
#ifdef __SANITIZE_ADDRESS__
    test::skip("the sanitizer makes calls that the filters refuse");
#endif
    for (const auto rest : {privilege::Rest::relaying, privilege::Rest::reading}) {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        const int failed = in_child([&] {
            privilege::give_up(0, rest);
            char byte = 'x';
            if (::write(ends[1], &byte, 1) != 1 || ::read(ends[0], &byte, 1) != 1) return 1;
            const bool reading = rest == privilege::Rest::reading;
            if (error_of_open("/proc/self/status", O_RDONLY) != (reading ? 0 : EPERM)) return 2;
            if (error_of_open("/dev/null", O_WRONLY) != EPERM) return 3;
            return ::socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM ? 0 : 4;
        });
        CHECK(failed == 0);
        ::close(ends[0]);
        ::close(ends[1]);
    }
}

TEST_CASE("capabilities that are given up do not come back", "[kernel]") {
    const int failed = in_child([] {
        privilege::give_up(privilege::kForSignals, privilege::Rest::anything,
                           privilege::Bounding::clear);
        const capability::ProcessSets sets = capability::process_sets();
        if ((sets.effective & ~privilege::kForSignals) != 0) return 1;
        if (sets.permitted != sets.effective || sets.inheritable != 0) return 2;
        if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 3;
        if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return 4;
        // A program that root executes has what is left.
        return ::geteuid() == 0 && capability::bounding() != 0 ? 5 : 0;
    });
    CHECK(failed == 0);
}

TEST_CASE("what is lowered comes back, and nothing else changes", "[kernel]") {
    const capability::ProcessSets before = capability::process_sets();
    {
        const privilege::Lowered lowered(privilege::kForSignals);
        const capability::ProcessSets now = capability::process_sets();
        CHECK(now.effective == (before.effective & privilege::kForSignals));
        CHECK(now.permitted == before.permitted);
        CHECK(now.inheritable == before.inheritable);
    }
    CHECK(capability::process_sets() == before);
}

TEST_CASE("Landlock denies what is opened later", "[kernel]") {
    if (!has_landlock()) {
        WARN("skipped: the kernel has no Landlock");
        return;
    }
    const int failed = in_child([] {
        const int open_before = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        constexpr std::uint64_t kWriteFile = 1U << 1U;
        if (!sys::landlock_deny(kWriteFile)) return 1;
        if (error_of_open("/dev/null", O_WRONLY) != EACCES) return 2;
        if (error_of_open("/dev/null", O_RDONLY) != 0) return 3;
        return ::write(open_before, "x", 1) == 1 ? 0 : 4;
    });
    CHECK(failed == 0);
}
