#include "runtime/init/proc.h"

#include "runtime/init/libc.h"
#include "runtime/init/paths.h"

namespace crux::init {

Outcome check_proc(int descriptor) {
    constexpr long kProcMagic = 0x9fa0;
    struct {
        long type;
        long rest[15];
    } status{};
    TRY(call(__NR_fstatfs, descriptor, &status));
    return status.type == kProcMagic ? Outcome() : refuse(kInvalid, __NR_fstatfs);
}

Outcome private_proc(bool only_processes) {
    const Owned file_system(TRY(call(__NR_fsopen, "proc", kFsopenCloseOnExec)));
    if (only_processes)
        // Linux 5.8; an older kernel shows more, which does no harm.
        (void)call(__NR_fsconfig, file_system.get(), kFsconfigString, "subset", "pid", 0);
    TRY(call(__NR_fsconfig, file_system.get(), kFsconfigCreate, nullptr, nullptr, 0));
    return call(__NR_fsmount, file_system.get(), kFsmountCloseOnExec, 0);
}

Outcome open_self() {
    constexpr std::uint64_t kNoOtherMount = 0x01;  // RESOLVE_NO_XDEV
    const OpenHow how{kOpenPath | kDirectory | kCloseOnExec, 0,
                      kResolveBeneath | kResolveNoMagicLinks | kNoOtherMount};
    const Outcome made = private_proc(true);
    const Owned directory(made.error() != kNotPermitted
                              ? TRY(made)
                              : TRY(call(__NR_openat, kCurrentDirectory, "/proc",
                                         kOpenPath | kDirectory | kNoFollow | kCloseOnExec)));
    TRY(check_proc(directory.get()));
    return call(__NR_openat2, directory.get(), "self", &how, sizeof how);
}

namespace {

Outcome write_below(int proc, const char* path, const char* text, std::size_t length) {
    const OpenHow how{kWriteOnly | kCloseOnExec, 0, kResolveBeneath | kResolveNoMagicLinks};
    const Owned file(TRY(call(__NR_openat2, proc, path, &how, sizeof how)));
    const long written = TRY(call(__NR_write, file.get(), text, length));
    return written == static_cast<long>(length) ? Outcome() : refuse(kInvalid, __NR_write);
}

}  // namespace

Outcome write_sysctl(Context& context, const plan::Sysctl& step) {
    const char* value = context.text(step.value);
    const Outcome made = private_proc(false);
    // In a user namespace with the host's pid namespace the kernel refuses a new procfs. The one
    // that config.json binds on /proc was checked before the container could change it (rule R4).
    if (made.error() == kNotPermitted && context.proc_sys.open())
        return write_below(context.proc_sys.get(), context.text(step.path), value,
                           step.value.length);
    const Owned proc(TRY(made));
    Buffer<512> path;
    path.add("sys/").add(context.text(step.path));
    if (path.overflow()) return refuse(kNameTooLong, __NR_openat2);
    return write_below(proc.get(), path.text(), value, step.value.length);
}

Outcome write_oom_score(Context& context, const plan::OomScore& step) {
    Buffer<24> text;
    if (step.value < 0) text.add("-");
    text.add_number(static_cast<unsigned long>(step.value < 0 ? -step.value : step.value));
    (void)context;
    const Owned proc(TRY(private_proc(true)));
    return write_below(proc.get(), "self/oom_score_adj", text.text(), text.length());
}

Outcome write_label(Context& context, const plan::Label& step) {
    const Owned proc(TRY(private_proc(true)));
    Buffer<128> path;
    path.add("thread-self/attr/").add(context.text(step.attribute));
    if (path.overflow()) return refuse(kNameTooLong, __NR_openat2);
    TRY(write_below(proc.get(), path.text(), context.text(step.value), step.value.length));
    // The module may keep another spelling of the label, but it must keep one.
    const OpenHow how{kReadOnly | kCloseOnExec, 0, kResolveBeneath | kResolveNoMagicLinks};
    const Owned file(TRY(call(__NR_openat2, proc.get(), path.text(), &how, sizeof how)));
    char first = 0;
    const long kept = TRY(call(__NR_read, file.get(), &first, 1));
    return kept > 0 ? Outcome() : refuse(kNotPermitted, __NR_read);
}

}  // namespace crux::init
