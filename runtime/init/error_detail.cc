#include "runtime/init/error_detail.h"

#include "runtime/init/printable.h"
#include "runtime/init/program_cause.h"

namespace crux::init {

namespace {

constexpr std::size_t kLineMax = 5700;

const char* words_of(int error) {
    constexpr int kInputOutput = 5;
    constexpr int kNoMemory = 12;
    constexpr int kTooManyInSystem = 23;
    constexpr int kTooManyFiles = 24;
    constexpr int kTextBusy = 26;
    constexpr int kNotSupported = 95;
    switch (error) {
        case kNoEntry:
            return "no such file or directory";
        case kAccess:
            return "permission denied";
        case kNotPermitted:
            return "operation not permitted";
        case kTooManyLinks:
            return "too many levels of symbolic links";
        case kNameTooLong:
            return "file name too long";
        case kNotDirectory:
            return "not a directory";
        case kIsDirectory:
            return "is a directory";
        case kBadLibrary:
            return "accessing a corrupted shared library";
        case kInvalid:
            return "invalid argument";
        case kInputOutput:
            return "input/output error";
        case kTryAgain:
            return "resource temporarily unavailable";
        case kArgumentsTooLong:
            return "argument list too long";
        case kExecFormat:
            return "exec format error";
        case kNoMemory:
            return "cannot allocate memory";
        case kTextBusy:
            return "text file busy";
        case kTooManyInSystem:
            return "too many open files in system";
        case kTooManyFiles:
            return "too many open files";
        case kNotSupported:
            return "operation not supported";
        case kNoSystemCall:
            return "function not implemented";
        default:
            return nullptr;
    }
}

/// The call that the container's filter refuses, or null. Behind the filter capset(2) only drops a
/// capability, and execve(2) has EPERM and ENOSYS for no other reason that init can meet.
const char* refused_by_filter(const Context& context, const Outcome& failed) {
    if (context.filter == nullptr) return nullptr;
    if (failed.call() == __NR_capset) return "capset";
    if (failed.call() != __NR_execve) return nullptr;
    const bool no_permission = failed.error() == kNotPermitted || failed.error() == kNoSystemCall;
    return no_permission || (context.filter->effects & plan::kDeniesExec) != 0 ? "execve" : nullptr;
}

/// Whether init may make the calls of cause_of() without being killed or stopped for them.
bool may_look(const Context& context) {
    return context.filter == nullptr || (context.filter->effects & plan::kLetsLook) != 0;
}

void add_words(Buffer<kLineMax>& line, const Context& context, const Outcome& failed) {
    // A profile can deny a call with any errno.
    const bool is_exec = failed.call() == __NR_execve && context.filter != nullptr;
    if (const char* words = words_of(failed.error()))
        line.add(words);
    else if (is_exec && context.filter->exec_words.length != 0)
        line.add(context.text(context.filter->exec_words));
    else
        line.add("errno ").add_number(static_cast<unsigned long>(failed.error()));
}

void add_reason(Buffer<kLineMax>& line, const Context& context, const char* program,
                const Outcome& failed) {
    if (const char* refused = refused_by_filter(context, failed)) {
        line.add(" (the seccomp profile denies ").add(refused).add(": /linux/seccomp)");
        return;
    }
    if (failed.call() != __NR_execve || !may_look(context)) return;
    char cause[kCauseMax];
    cause_of(program, failed.error(), Descriptors::keep, cause);
    line.add(cause);
}

}  // namespace

void exit_with_error_detail(const Context& context, const char* program, const Outcome& failed,
                            int status) {
    Buffer<kLineMax> line;
    line.add("exec ");
    add_printable(line, program);
    line.add(": ");
    if (failed.call() == __NR_seccomp) line.add("seccomp: ");
    if (failed.call() == __NR_capset) line.add("capset: ");
    // A filter can let execve(2) return 0 without having been called.
    if (failed.failed())
        add_words(line, context, failed);
    else
        line.add("execve returned");
    add_reason(line, context, program, failed);
    line.add("\n");
    (void)call(__NR_write, 2, line.text(), line.length());
    exit_now(status);
}

}  // namespace crux::init
