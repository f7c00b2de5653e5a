#include "runtime/init/libc.h"

// The compiler must not replace these loops by calls of the functions that contain them.
#define CRUX_PLAIN __attribute__((optimize("no-tree-loop-distribute-patterns")))
#if defined(__clang__)
#undef CRUX_PLAIN
#define CRUX_PLAIN __attribute__((no_builtin))
#endif

extern "C" {

CRUX_PLAIN void* memcpy(void* to, const void* from, std::size_t count) {
    auto* out = static_cast<char*>(to);
    const auto* in = static_cast<const char*>(from);
    for (std::size_t i = 0; i < count; ++i) out[i] = in[i];
    return to;
}

CRUX_PLAIN void* memset(void* to, int byte, std::size_t count) {
    auto* out = static_cast<char*>(to);
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<char>(byte);
    return to;
}

CRUX_PLAIN int memcmp(const void* left, const void* right, std::size_t count) {
    const auto* a = static_cast<const unsigned char*>(left);
    const auto* b = static_cast<const unsigned char*>(right);
    for (std::size_t i = 0; i < count; ++i)
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
}

CRUX_PLAIN std::size_t strlen(const char* text) {
    std::size_t length = 0;
    while (text[length] != 0) ++length;
    return length;
}

}  // extern "C"
