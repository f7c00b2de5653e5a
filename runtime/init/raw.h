#pragma once

#include <asm/unistd.h>

#include <cstddef>
#include <cstdint>

/// System calls without a C library: init has none, and launch must not use it between clone and
/// exec.
namespace crux::init {

/// The result of a step or a system call: a value ≥ 0, or the number of the failed call and its
/// errno.
class [[nodiscard]] Outcome {
 public:
    constexpr Outcome(long value = 0) : value_(value) {}  // NOLINT: so that `return fd;` reads well
    constexpr Outcome(long value, std::uint32_t call) : value_(value), call_(call) {}

    [[nodiscard]] constexpr bool failed() const { return value_ < 0; }
    constexpr long value() const { return value_; }  // not nodiscard: TRY may stand alone
    [[nodiscard]] constexpr int error() const { return value_ < 0 ? static_cast<int>(-value_) : 0; }
    [[nodiscard]] constexpr std::uint32_t call() const { return call_; }

 private:
    long value_;
    std::uint32_t call_ = 0;
};

/// Not the number of a system call (0 is one: read(2) of x86_64).
constexpr std::uint32_t kNoCall = 0xFFFFFFFFU;

/// A failure that the kernel did not report: init refuses what a call, if it is named, has given.
constexpr Outcome refuse(int error, std::uint32_t call = kNoCall) {
    return {-error, call};
}

namespace raw {

#if defined(__x86_64__)
// lint: allow parameters: the number of a system call and its six arguments.
inline long call6(long number, long a, long b, long c, long d, long e, long f) {
    long result = 0;
    register long r10 asm("r10") = d;
    register long r8 asm("r8") = e;
    register long r9 asm("r9") = f;
    asm volatile("syscall"
                 : "=a"(result)
                 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
// lint: allow parameters: the number of a system call and its six arguments.
inline long call6(long number, long a, long b, long c, long d, long e, long f) {
    register long x8 asm("x8") = number;
    register long x0 asm("x0") = a;
    register long x1 asm("x1") = b;
    register long x2 asm("x2") = c;
    register long x3 asm("x3") = d;
    register long x4 asm("x4") = e;
    register long x5 asm("x5") = f;
    asm volatile("svc 0"
                 : "+r"(x0)
                 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                 : "memory");
    return x0;
}
#elif defined(__riscv) && __riscv_xlen == 64
// lint: allow parameters: the number of a system call and its six arguments.
inline long call6(long number, long a, long b, long c, long d, long e, long f) {
    register long a7 asm("a7") = number;
    register long a0 asm("a0") = a;
    register long a1 asm("a1") = b;
    register long a2 asm("a2") = c;
    register long a3 asm("a3") = d;
    register long a4 asm("a4") = e;
    register long a5 asm("a5") = f;
    asm volatile("ecall"
                 : "+r"(a0)
                 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
                 : "memory");
    return a0;
}
#else
#error "crux supports x86_64, aarch64 and riscv64"
#endif

template <class T>
inline long word(const T* pointer) {
    return reinterpret_cast<long>(pointer);
}
inline long word(decltype(nullptr)) {
    return 0;
}
template <class T>
    requires(__is_enum(T) || T(1) / T(2) == T(0))
constexpr long word(T number) {
    return static_cast<long>(number);
}

/// The memory at an address that a system call returned.
inline void* pointer(long address) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel returns an address as a number
    return reinterpret_cast<void*>(address);
}

}  // namespace raw

/// One system call by its number. The caller handles EINTR.
template <class... Arguments>
inline Outcome call(long number, Arguments... arguments) {
    static_assert(sizeof...(Arguments) <= 6);
    long words[6] = {raw::word(arguments)...};
    return {raw::call6(number, words[0], words[1], words[2], words[3], words[4], words[5]),
            static_cast<std::uint32_t>(number)};
}

/// Exits. A seccomp profile may forbid both exit calls; then an illegal instruction ends the
/// process, even if it is the first process of its pid namespace.
[[noreturn]] inline void exit_now(int status) {
    (void)call(__NR_exit_group, status);
    (void)call(__NR_exit, status);
    __builtin_trap();
}

/// Owns a descriptor and closes it.
class Owned {
 public:
    Owned() = default;
    explicit Owned(long descriptor) : descriptor_(static_cast<int>(descriptor)) {}
    Owned(Owned&& other) noexcept : descriptor_(other.release()) {}
    Owned& operator=(Owned&& other) noexcept {
        if (this != &other) {
            reset();
            descriptor_ = other.release();
        }
        return *this;
    }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    ~Owned() { reset(); }

    [[nodiscard]] int get() const { return descriptor_; }
    [[nodiscard]] bool open() const { return descriptor_ >= 0; }
    int release() {
        const int descriptor = descriptor_;
        descriptor_ = -1;
        return descriptor;
    }
    void reset() {
        if (descriptor_ >= 0) (void)call(__NR_close, descriptor_);
        descriptor_ = -1;
    }

 private:
    int descriptor_ = -1;
};

}  // namespace crux::init
