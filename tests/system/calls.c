// Makes the system calls given as arguments and prints the result of each on a separate line. It is
// built without a C library, so that a filter only has to allow write and exit_group in addition.
//
// usage: calls ABI:NUMBER[:ARGUMENT]……   ABI is n (native), i (int 0x80 of x86) or x (x32)

typedef unsigned long word;

#if defined(__x86_64__)
enum { kWrite = 1, kExitGroup = 231 };

static long call_native(word number, const word* a) {
    long result;
    register word r10 __asm__("r10") = a[3];
    register word r8 __asm__("r8") = a[4];
    register word r9 __asm__("r9") = a[5];
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static long call_x86(word number, const word* a) {
    int result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"((unsigned)number), "b"((unsigned)a[0]), "c"((unsigned)a[1]),
                       "d"((unsigned)a[2]), "S"((unsigned)a[3]), "D"((unsigned)a[4])
                     : "r8", "r9", "r10", "r11", "memory");
    return result;
}

__asm__(
    ".globl _start\n"
    "_start:\n"
    "  mov %rsp, %rdi\n"
    "  and $-16, %rsp\n"
    "  call begin\n");
#elif defined(__aarch64__)
enum { kWrite = 64, kExitGroup = 94 };

static long call_native(word number, const word* a) {
    register word x8 __asm__("x8") = number;
    register word x0 __asm__("x0") = a[0];
    register word x1 __asm__("x1") = a[1];
    register word x2 __asm__("x2") = a[2];
    register word x3 __asm__("x3") = a[3];
    register word x4 __asm__("x4") = a[4];
    register word x5 __asm__("x5") = a[5];
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return (long)x0;
}

__asm__(
    ".globl _start\n"
    "_start:\n"
    "  mov x0, sp\n"
    "  bl begin\n");
#elif defined(__riscv)
enum { kWrite = 64, kExitGroup = 94 };

static long call_native(word number, const word* a) {
    register word a7 __asm__("a7") = number;
    register word a0 __asm__("a0") = a[0];
    register word a1 __asm__("a1") = a[1];
    register word a2 __asm__("a2") = a[2];
    register word a3 __asm__("a3") = a[3];
    register word a4 __asm__("a4") = a[4];
    register word a5 __asm__("a5") = a[5];
    __asm__ volatile("ecall"
                     : "+r"(a0)
                     : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
                     : "memory");
    return (long)a0;
}

__asm__(
    ".globl _start\n"
    "_start:\n"
    // The linker addresses small data relative to gp, which the program has to set itself.
    "  .option push\n"
    "  .option norelax\n"
    "  la gp, __global_pointer$\n"
    "  .option pop\n"
    "  mv a0, sp\n"
    "  call begin\n");
#endif

static void print(long value) {
    char text[24];
    char* at = text + sizeof(text);
    word left = value < 0 ? -(word)value : (word)value;
    *--at = '\n';
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left != 0);
    if (value < 0) *--at = '-';
    const word arguments[6] = {1, (word)at, (word)(text + sizeof(text) - at)};
    call_native(kWrite, arguments);
}

static word number_at(const char** text) {
    word value = 0;
    for (++*text; **text >= '0' && **text <= '9'; ++*text)
        value = value * 10 + (word)(**text - '0');
    return value;
}

static long made(const char* text) {
    const char abi = *text++;
    word arguments[6] = {0};
    const word number = number_at(&text);
    for (int i = 0; i < 6 && *text == ':'; ++i) arguments[i] = number_at(&text);
#if defined(__x86_64__)
    if (abi == 'i') return call_x86(number, arguments);
    if (abi == 'x') return call_native(number | 0x40000000, arguments);
#endif
    (void)abi;
    return call_native(number, arguments);
}

__attribute__((used)) void begin(const word* stack) {
    const word count = stack[0];
    for (word i = 1; i < count; ++i) print(made((const char*)stack[1 + i]));
    const word none[6] = {0};
    call_native(kExitGroup, none);
    __builtin_trap();
}
