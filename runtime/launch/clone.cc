#include "runtime/launch/clone.h"

#include <linux/sched.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "runtime/base/text.h"
#include "runtime/init/raw.h"
#include "runtime/plan/describe.h"
#include "runtime/sys/memfd.h"
#include "runtime/sys/process.h"
#include "runtime/sys/signal.h"

extern "C" {
/// clone3 with another stack for the child, which calls `run(argument)` and never returns.
long crux_clone3_call(const struct clone_args* arguments, std::size_t size, void (*run)(void*),
                      void* argument);
}

#if defined(__x86_64__)
asm(R"(
    .text
    .globl crux_clone3_call
    .type crux_clone3_call, @function
crux_clone3_call:
    mov %rcx, %r8
    mov $435, %eax
    syscall
    test %rax, %rax
    jz 1f
    ret
1:  xor %ebp, %ebp
    mov %r8, %rdi
    call *%rdx
    ud2
    .size crux_clone3_call, .-crux_clone3_call
)");
#elif defined(__aarch64__)
asm(R"(
    .text
    .globl crux_clone3_call
    .type crux_clone3_call, %function
crux_clone3_call:
    mov x8, #435
    svc #0
    cbz x0, 1f
    ret
1:  mov x29, #0
    mov x0, x3
    blr x2
    brk #1
    .size crux_clone3_call, .-crux_clone3_call
)");
#else
asm(R"(
    .text
    .globl crux_clone3_call
    .type crux_clone3_call, @function
crux_clone3_call:
    li a7, 435
    ecall
    beqz a0, 1f
    ret
1:  mv a0, a3
    jalr a2
    ebreak
    .size crux_clone3_call, .-crux_clone3_call
)");
#endif

namespace crux::launch {

namespace {

using init::call;
using init::Outcome;

#if defined(__aarch64__)
constexpr std::size_t kPage = std::size_t{64} << 10U;  // the largest that a kernel may have
#else
constexpr std::size_t kPage = std::size_t{4} << 10U;
#endif
constexpr std::size_t kStackSize = std::max(kPage, std::size_t{16} << 10U);

/// A stack between two pages without access: an overflow ends its process instead of changing
/// memory that the process shares with us.
struct alignas(kPage) GuardedStack {
    std::byte below[kPage];
    std::byte bytes[kStackSize];
    std::byte above[kPage];
};

// At most two processes share our memory, each with its own stack.
GuardedStack init_stack;
GuardedStack helper_stack;

Status guard(GuardedStack& stack) {
    TRY(sys::mprotect(stack.below, PROT_NONE).during("guard a stack"));
    TRY(sys::mprotect(stack.above, PROT_NONE).during("guard a stack"));
    return {};
}

[[noreturn]] void give_up(Start& start, const Outcome& outcome) {
    start.failure->call = outcome.call();
    start.failure->error = outcome.error();
    init::exit_now(1);
}

void require(Start& start, const Outcome& outcome) {
    if (outcome.failed()) give_up(start, outcome);
}

/// In a new user namespace, exec drops all capabilities until the ID mappings are written, so the
/// new process waits for them.
void wait_for_maps(Start& start) {
    plan::Answer answer{};
    Outcome length;
    do {
        // lint: allow wait: the parent bounds its own work, and its death is the end of the file.
        length = call(__NR_read, start.control, &answer, sizeof answer);
    } while (length.error() == EINTR);
    require(start, length);
    if (length.value() != sizeof answer || answer.error != 0) init::exit_now(1);
}

void run_init(void* argument) {
    Start& start = *static_cast<Start*>(argument);
    (void)call(__NR_close, start.our_end);
    if (start.waits_for_maps) wait_for_maps(start);
    if (start.becomes_root) {
        require(start, call(__NR_setresgid, 0, 0, 0));
        require(start, call(__NR_setresuid, 0, 0, 0));
    }
    for (int number = 0; number < 3; ++number)
        if (start.streams[number] >= 0)
            require(start, call(__NR_dup3, start.streams[number], number, 0));
    // Descriptors of the caller without close-on-exec must not reach init. A kernel without this
    // flag (5.10) leaves them to init, which closes them.
    constexpr unsigned kOnExec = 4;  // CLOSE_RANGE_CLOEXEC
    (void)call(__NR_close_range, start.keep_below, ~0U, kOnExec);
    constexpr int kSetFlags = 2;  // F_SETFD
    for (const int descriptor : start.inherited)
        require(start, call(__NR_fcntl, descriptor, kSetFlags, 0));
    static const char* const kNoEnvironment[] = {nullptr};
    constexpr int kEmptyPath = 0x1000;
    const Outcome run =
        call(__NR_execveat, start.image, "", start.arguments, kNoEnvironment, kEmptyPath);
    if (run.error() != ENOENT) give_up(start, run);
    // TOMOYO, active by default in Debian's 5.10, resolves such a program as /dev/fd/N, and some
    // hosts' /dev does not have that link.
    give_up(start, call(__NR_execve, start.image_path, start.arguments, kNoEnvironment));
}

void enter_cgroup(const Start& start, struct clone_args& arguments) {
    if (start.cgroup < 0) return;
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(start.cgroup);
}

struct clone_args arguments_for(const Start& start, std::uint64_t more) {
    struct clone_args arguments = {};
    arguments.flags = start.namespaces | more;
    if (start.shares_memory) arguments.flags |= CLONE_VM;
    if (!start.helper_enters) enter_cgroup(start, arguments);
    arguments.exit_signal = (more & CLONE_PARENT) != 0 ? 0 : SIGCHLD;
    arguments.stack = reinterpret_cast<std::uint64_t>(init_stack.bytes);
    arguments.stack_size = kStackSize;
    return arguments;
}

/// Joins the namespaces that can be joined with the present privileges: before the user namespace
/// is joined these are the host's, after it the user namespace's.
void join_others(Start& start, bool last_chance) {
    for (std::size_t i = 0; i < start.joins.size(); ++i) {
        Join& join = start.joins[i];
        if (join.done || join.type == plan::Namespace::user) continue;
        const Outcome joined =
            call(__NR_setns, join.descriptor, static_cast<std::uint32_t>(join.type));
        start.failure->join = static_cast<std::uint32_t>(i);
        if (joined.failed() && (last_chance || joined.error() != EPERM)) give_up(start, joined);
        join.done = !joined.failed();
    }
}

void run_helper(void* argument) {
    Start& start = *static_cast<Start*>(argument);
    join_others(start, false);
    for (std::size_t i = 0; i < start.joins.size(); ++i) {
        if (start.joins[i].type != plan::Namespace::user) continue;
        start.failure->join = static_cast<std::uint32_t>(i);
        require(start, call(__NR_setns, start.joins[i].descriptor,
                            static_cast<std::uint32_t>(plan::Namespace::user)));
    }
    join_others(start, true);
    const struct clone_args arguments = arguments_for(start, CLONE_PARENT);
    const long pid = crux_clone3_call(&arguments, sizeof arguments, run_init, &start);
    if (pid < 0) give_up(start, Outcome(pid, __NR_clone3));
    start.pid = static_cast<int>(pid);
    init::exit_now(0);
}

template <std::size_t kSize>
void write_text(char (&out)[kSize], const std::string& text) {
    text.copy(out, kSize - 1);
}

Result<ClonedProcess> clone_by_helper(Start& start) {
    TRY(guard(helper_stack));
    struct clone_args arguments = {};
    arguments.flags = CLONE_VM | CLONE_VFORK;
    arguments.exit_signal = SIGCHLD;
    if (start.helper_enters) enter_cgroup(start, arguments);
    arguments.stack = reinterpret_cast<std::uint64_t>(helper_stack.bytes);
    arguments.stack_size = kStackSize;
    const long helper = crux_clone3_call(&arguments, sizeof arguments, run_helper, &start);
    if (helper < 0) return std::unexpected(Error(Errno{"clone3", static_cast<int>(-helper)}));
    // CLONE_VFORK returns when the helper has exited. Its result is in `start`, so its exit status
    // is not needed.
    // lint: allow wait: see above.
    while (::waitpid(static_cast<pid_t>(helper), nullptr, 0) < 0 && errno == EINTR) {
    }
    if (start.pid == 0) return std::unexpected(start_failure(start));
    sys::Pidfd pidfd = TRY(sys::pidfd_open(start.pid));
    return ClonedProcess{start.pid, std::move(pidfd)};
}

}  // namespace

Result<ClonedProcess> clone_init(Start& start) {
    write_text(start.plan_number, cat(start.plan));
    write_text(start.image_path, cat("/proc/self/fd/", start.image));
    start.arguments[0] = "crux-init";
    start.arguments[1] = start.plan_number;
    // A signal handler must not run in a process that shares our memory; init clears the mask.
    const sys::BlockedSignals blocked(sys::all_signals_but({}));
    TRY(guard(init_stack));
    if (!start.joins.empty()) return clone_by_helper(start);

    struct clone_args arguments = arguments_for(start, CLONE_PIDFD);
    int pidfd = -1;
    arguments.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
    const long pid = crux_clone3_call(&arguments, sizeof arguments, run_init, &start);
    if (pid < 0) return std::unexpected(Error(Errno{"clone3", static_cast<int>(-pid)}));
    return ClonedProcess{static_cast<pid_t>(pid), sys::Pidfd(pidfd)};
}

Error start_failure(const Start& start) {
    const std::string_view name = plan::call_name(start.failure->call);
    return Error(Errno{name.empty() ? "" : name.data(), start.failure->error});
}

}  // namespace crux::launch
