// Demonstrates seccomp's strict set: read, write, exit and sigreturn are allowed, and any other
// system call kills the process. With an argument, the program enters the kernel's strict mode;
// without one, it expects that a filter with this set is already installed.

#include "runtime/init/raw.h"

namespace {

using crux::init::raw::call6;

constexpr int kUser1 = 10;

long call(long number, long a = 0, long b = 0, long c = 0, long d = 0) {
    return call6(number, a, b, c, d, 0, 0);
}

template <std::size_t Size>
void say(const char (&text)[Size]) {
    call(__NR_write, 1, reinterpret_cast<long>(text), Size - 1);
}

// The kernel's struct sigaction; riscv64 has no restorer field and ends before it.
struct Action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    unsigned long mask;
};

#if defined(__x86_64__)
// The return address of the handler; on other architectures it is in the vdso.
extern "C" void return_from_signal();
asm("return_from_signal: mov $15, %eax\n syscall\n");
constexpr unsigned long kFlags = 0x04000000UL | 0x10000000UL;  // SA_RESTORER | SA_RESTART
#else
constexpr unsigned long kFlags = 0x10000000UL;
#endif

void on_signal(int /*number*/) {
    say("sigreturn: a signal handler ran and returns\n");
}

void catch_user1() {
    Action action = {};
    action.handler = on_signal;
    action.flags = kFlags;
#if defined(__x86_64__)
    action.restorer = return_from_signal;
#endif
    call(__NR_rt_sigaction, kUser1, reinterpret_cast<long>(&action), 0, 8);
}

void enter_strict_mode() {
    constexpr long kPrSetSeccomp = 22;
    constexpr long kModeStrict = 1;
    catch_user1();
    call(__NR_prctl, kPrSetSeccomp, kModeStrict);
}

}  // namespace

extern "C" [[noreturn]] [[gnu::used]] void run(const long* stack) {
    // The initial stack: argc, argv, …; any argument selects the kernel's strict mode.
    if (stack[0] > 1) enter_strict_mode();
    say("write: this line was written\n");
    char words[64];
    if (call(__NR_read, 0, reinterpret_cast<long>(words), sizeof words) >= 0)
        say("read: standard input was read\n");
    say("getpid: not in the set, is called now\n");
    call(__NR_getpid);
    say("getpid: returned, so no filter is active\n");
    for (;;) call(__NR_exit, 0);
}

#if defined(__x86_64__)
asm(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call run\n");
#elif defined(__aarch64__)
asm(".globl _start\n_start: mov x0, sp\n b run\n");
#elif defined(__riscv)
// The linker emits data accesses relative to gp, which the program has to set itself.
asm(".globl _start\n_start:\n .option push\n .option norelax\n la gp, __global_pointer$\n"
    " .option pop\n mv a0, sp\n tail run\n");
#endif
