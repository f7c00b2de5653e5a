#include "runtime/init/proc.h"

#include "runtime/init/libc.h"
#include "runtime/init/made_mounts.h"
#include "runtime/init/paths.h"

namespace crux::init {

Outcome is_proc(int descriptor) {
    constexpr long kProcMagic = 0x9fa0;
    struct {
        long type;
        long rest[15];
    } status{};
    TRY(call(__NR_fstatfs, descriptor, &status));
    return status.type == kProcMagic ? 1 : 0;
}

Outcome check_proc(int descriptor) {
    return TRY(is_proc(descriptor)) != 0 ? Outcome() : refuse(kInvalid, __NR_fstatfs);
}

namespace {

/// A private procfs that is not attached: the image's /proc can be anything (rule R4). Only with
/// processes, unless /proc/sys is needed.
Outcome private_proc(bool only_processes) {
    const Owned file_system(TRY(call(__NR_fsopen, "proc", kFsopenCloseOnExec)));
    if (only_processes)
        // Linux 5.8; an older kernel shows more, which does no harm.
        (void)call(__NR_fsconfig, file_system.get(), kFsconfigString, "subset", "pid", 0);
    TRY(call(__NR_fsconfig, file_system.get(), kFsconfigCreate, nullptr, nullptr, 0));
    return call(__NR_fsmount, file_system.get(), kFsmountCloseOnExec, 0);
}

/// The procfs at /proc. It may be another one than config.json mounts: a container whose mount
/// namespace was joined may have put it there. That does no harm, because in the root of each
/// procfs "self" and "thread-self" lead to this process or do not exist.
Outcome mounted_proc(const Context& context) {
    constexpr std::uint64_t kRootInode = 1;
    const BelowMount made = nearest_mount(context, "proc");
    Owned proc(made.descriptor >= 0 && *made.rest == 0
                   ? TRY(call(__NR_fcntl, made.descriptor, kDuplicate, 0))
                   : TRY(call(__NR_openat, kCurrentDirectory, "/proc",
                              kOpenPath | kDirectory | kNoFollow | kCloseOnExec)));
    TRY(check_proc(proc.get()));
    Statx status;
    TRY(status_of(proc.get(), status));
    return status.inode == kRootInode ? Outcome(proc.release()) : refuse(kInvalid, __NR_statx);
}

Outcome write_below(int proc, const char* path, const char* text, std::size_t length) {
    const Owned file(TRY(open_in_proc(proc, path, kWriteOnly)));
    const long written = TRY(call(__NR_write, file.get(), text, length));
    return written == static_cast<long>(length) ? Outcome() : refuse(kInvalid, __NR_write);
}

}  // namespace

Outcome own_proc(const Context& context) {
    const Outcome made = private_proc(true);
    // In a user namespace with the host's pid namespace the kernel refuses a new procfs.
    if (made.error() != kNotPermitted) return made;
    const Outcome mounted = mounted_proc(context);
    return mounted.failed() ? made : mounted;
}

Outcome open_in_proc(int proc, const char* path, int flags) {
    constexpr std::uint64_t kNoOtherMount = 0x01;  // RESOLVE_NO_XDEV
    const OpenHow how{static_cast<std::uint64_t>(flags | kCloseOnExec), 0,
                      kResolveBeneath | kResolveNoMagicLinks | kNoOtherMount};
    return call(__NR_openat2, proc, path, &how, sizeof how);
}

Outcome write_sysctl(Context& context, const plan::Sysctl& step) {
    const char* value = context.text(step.value);
    const Outcome made = private_proc(false);
    // The one that config.json binds on /proc was checked before the container could change it.
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
    const Owned proc(TRY(own_proc(context)));
    return write_below(proc.get(), "self/oom_score_adj", text.text(), text.length());
}

Outcome write_label(Context& context, const plan::Label& step) {
    const Owned proc(TRY(own_proc(context)));
    Buffer<128> path;
    path.add("thread-self/attr/").add(context.text(step.attribute));
    if (path.overflow()) return refuse(kNameTooLong, __NR_openat2);
    TRY(write_below(proc.get(), path.text(), context.text(step.value), step.value.length));
    // The module may keep another spelling of the label, but it must keep one.
    const Owned file(TRY(open_in_proc(proc.get(), path.text(), kReadOnly)));
    char first = 0;
    const long kept = TRY(call(__NR_read, file.get(), &first, 1));
    return kept > 0 ? Outcome() : refuse(kNotPermitted, __NR_read);
}

}  // namespace crux::init
