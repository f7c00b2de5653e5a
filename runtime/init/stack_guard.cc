#include "runtime/init/stack_guard.h"

#include <cstdint>

#include "runtime/init/libc.h"
#include "runtime/init/raw.h"

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): the compiler's code uses these names
/// Read by the compiler's code: on x86_64 by name, elsewhere through the thread register, which
/// init does not use otherwise.
[[gnu::visibility("hidden"), gnu::used]] std::uintptr_t __stack_chk_guard;
/// Called by the compiler's code when the value has changed: an array was overrun.
[[noreturn, gnu::used]] void __stack_chk_fail() {
    __builtin_trap();
}
// NOLINTEND(bugprone-reserved-identifier)
}

namespace crux::init {

[[gnu::noinline]] void set_stack_guard(const long* stack) {
    constexpr long kRandom = 25;                   // AT_RANDOM of getauxval(3)
    const long* entry = stack + 1 + stack[0] + 1;  // after argc and argv
    while (*entry != 0) ++entry;                   // the environment
    for (++entry; *entry != 0; entry += 2)
        if (*entry == kRandom)
            memcpy(&__stack_chk_guard, raw::pointer(entry[1]), sizeof __stack_chk_guard);
#if defined(__aarch64__)
    asm volatile("msr tpidr_el0, %0" ::"r"(&__stack_chk_guard));
#elif defined(__riscv)
    asm volatile("mv tp, %0" ::"r"(&__stack_chk_guard));
#endif
}

}  // namespace crux::init
