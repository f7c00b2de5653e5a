#include "runtime/init/error_detail.h"
#include "runtime/init/libc.h"
#include "runtime/init/passwd.h"
#include "runtime/init/protocol.h"

namespace crux::init {

namespace {

/// Whether the search goes on with the next directory of PATH, as in execvp(3). After another error
/// it is not known what is there, and a program further on could be the wrong one.
bool tells_of_file(int error) {
    return error == kNoEntry || error == kNotDirectory || error == kIsDirectory ||
           error == kAccess || error == kTooManyLinks || error == kNameTooLong ||
           error == kNoDevice || error == kStale || error == kTimedOut;
}

}  // namespace

Outcome find_program(Context& context, const plan::FindProgram& step) {
    constexpr int kMayExecute = 1;
    constexpr int kEffectiveIds = 0x200;  // AT_EACCESS
    constexpr unsigned kType = 1;         // STATX_TYPE
    Outcome last = refuse(kNoEntry, __NR_statx);
    const auto* candidates = context.items<plan::Text>(step.candidates);
    for (std::uint32_t i = 0; i < step.candidates.count; ++i) {
        const char* path = context.text(candidates[i]);
        Statx status;
        last = call(__NR_statx, kCurrentDirectory, path, 0, kType, &status);
        if (tells_of_file(last.error())) continue;
        TRY(last);
        last = (status.mode & kTypeMask) == kTypeDirectory
                   ? refuse(kIsDirectory, __NR_statx)
                   : call(__NR_faccessat, kCurrentDirectory, path, kMayExecute);
        if (last.error() == kAccess) {
            const Outcome effective =
                call(__NR_faccessat2, kCurrentDirectory, path, kMayExecute, kEffectiveIds);
            // Linux 5.8
            if (effective.error() != kNoSystemCall) last = effective;
        }
        if (tells_of_file(last.error())) continue;
        TRY(last);
        context.program = path;
        return {};
    }
    return last;
}

Outcome text_pointers(Context& context, plan::List list, const char* extra, const char**& out) {
    const std::size_t bytes = (list.count + 2UL) * sizeof(char*);
    out = static_cast<const char**>(raw::pointer(TRY(map_memory(bytes))));
    const auto* texts = context.items<plan::Text>(list);
    for (std::uint32_t i = 0; i < list.count; ++i) out[i] = context.text(texts[i]);
    out[list.count] = extra;
    return {};
}

Outcome prepare_program(Context& context, const plan::Prepare& step) {
    static char home[kHomeMax];
    if (step.needs_home != 0) {
        const Outcome found = find_home(context, step.uid, home);
        // An image can keep its users from reading the file, and its programs run all the same.
        if (found.error() == kAccess)
            report_warning(context, found);
        else
            TRY(found);
    }
    TRY(text_pointers(context, step.arguments, nullptr, context.arguments));
    TRY(text_pointers(context, step.environment, step.needs_home != 0 ? home : nullptr,
                      context.environment));
    TRY(call(__NR_umask, context.umask));
    // start waits until the FIFO is closed on exec, so it stays open until then.
    constexpr unsigned kOnExec = 4;  // CLOSE_RANGE_CLOEXEC, Linux 5.11
    const Outcome marked = call(__NR_close_range, step.keep_below, ~0U, kOnExec);
    if (marked.error() != kInvalid && marked.error() != kNoSystemCall) return marked;
    for (unsigned fd = step.keep_below; fd < 1024; ++fd)
        (void)call(__NR_fcntl, fd, 2 /* F_SETFD */, 1 /* FD_CLOEXEC */);
    return {};
}

void become_program(Context& context) {
    const Outcome failed =
        call(__NR_execve, context.program, context.arguments, context.environment);
    // The container is started, and crux does not read reports any more: write to the program's
    // standard error.
    constexpr int kNotRun = 255;
    exit_with_error_detail(context, context.program, failed, kNotRun);
}

}  // namespace crux::init
