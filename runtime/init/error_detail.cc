#include "runtime/init/error_detail.h"

#include "runtime/init/libc.h"

namespace crux::init {

namespace {

const char* words_of(int error) {
    constexpr int kArgumentsTooLong = 7;
    constexpr int kExecFormat = 8;
    constexpr int kNoMemory = 12;
    constexpr int kTextBusy = 26;
    switch (error) {
        case kNoEntry:
            return "no such file or directory";
        case kAccess:
            return "permission denied";
        case kNotPermitted:
            return "operation not permitted";
        case kTooManyLinks:
            return "too many levels of symbolic links";
        case kInvalid:
            return "invalid argument";
        case kArgumentsTooLong:
            return "argument list too long";
        case kExecFormat:
            return "exec format error";
        case kNoMemory:
            return "cannot allocate memory";
        case kTextBusy:
            return "text file busy";
        case kNoSystemCall:
            return "function not implemented";
        default:
            return nullptr;
    }
}

/// Whether the container's filter refuses the call: behind it, capset(2) only drops a capability,
/// and execve(2) has these errors for no other reason that init can meet.
bool is_refused_by_filter(const Context& context, const Outcome& failed) {
    if (!context.filtered) return false;
    const bool no_permission = failed.error() == kNotPermitted || failed.error() == kNoSystemCall;
    return failed.call() == __NR_capset || (failed.call() == __NR_execve && no_permission);
}

}  // namespace

void exit_with_error_detail(const Context& context, const char* program, const Outcome& failed,
                            int status) {
    constexpr std::size_t kLineMax = 4400;
    Buffer<kLineMax> line;
    line.add("exec ");
    // Control characters must not reach the terminal that shows the message.
    for (const char* c = program; *c != 0; ++c) {
        constexpr unsigned char kFirstPrintable = 0x20;
        constexpr unsigned char kDelete = 0x7f;
        const auto byte = static_cast<unsigned char>(*c);
        line.add(byte < kFirstPrintable || byte == kDelete ? "?" : c, 1);
    }
    line.add(": ");
    if (failed.call() == __NR_seccomp) line.add("seccomp: ");
    if (failed.call() == __NR_capset) line.add("capset: ");
    if (const char* words = words_of(failed.error()))
        line.add(words);
    else
        line.add("errno ").add_number(static_cast<unsigned long>(failed.error()));
    if (is_refused_by_filter(context, failed))
        line.add(failed.call() == __NR_capset
                     ? " (the seccomp profile denies capset: /linux/seccomp)"
                     : " (the seccomp profile denies execve: /linux/seccomp)");
    line.add("\n");
    (void)call(__NR_write, 2, line.text(), line.length());
    exit_now(status);
}

}  // namespace crux::init
