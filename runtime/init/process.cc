#include "runtime/init/libc.h"
#include "runtime/init/made_mounts.h"
#include "runtime/init/paths.h"

namespace crux::init {

Outcome set_disposition(int signal, Disposition disposition) {
    struct {
        long handler;
        unsigned long flags;
        void* restorer;
        std::uint64_t mask;
    } const action{static_cast<long>(disposition), 0, nullptr, 0};
    return call(__NR_rt_sigaction, signal, &action, nullptr, sizeof(std::uint64_t));
}

namespace {

/// A signal that the caller ignores would stay ignored in the program: conmon ignores SIGPIPE, and
/// programs in Python do. CLONE_CLEAR_SIGHAND resets only handlers.
Outcome default_dispositions() {
    constexpr int kLastSignal = 64;
    constexpr int kKill = 9;
    constexpr int kStop = 19;
    for (int signal = 1; signal <= kLastSignal; ++signal)
        if (signal != kKill && signal != kStop) TRY(set_disposition(signal, Disposition::standard));
    return {};
}

}  // namespace

Outcome start_session(Context& context) {
    // A process that shares a namespace with init must not be able to trace it or read its
    // descriptors.
    TRY(call(__NR_prctl, kPrctlDumpable, 0, 0, 0, 0));
    TRY(default_dispositions());
    const std::uint64_t none = 0;
    constexpr int kSetMask = 2;
    TRY(call(__NR_rt_sigprocmask, kSetMask, &none, nullptr, sizeof none));
    // Init sets modes exactly, so it clears the umask; the program gets the caller's umask unless
    // config.json sets one.
    context.umask = static_cast<std::uint32_t>(TRY(call(__NR_umask, 0)));
    const Outcome session = call(__NR_setsid);
    return session.error() == kNotPermitted ? Outcome() : session;  // already a leader
}

Outcome new_keyring(Context& context, plan::Text name) {
    constexpr int kJoinSession = 1;
    constexpr int kSetPermissions = 5;
    const long ring = TRY(call(__NR_keyctl, kJoinSession, context.text(name), 0, 0, 0));
    // Possessor: all permissions; user: view, read, search (3f130000 in keyctl(1)).
    const Outcome done = call(__NR_keyctl, kSetPermissions, ring, 0x3f130000, 0, 0);
    return done.error() == kAccess ? Outcome() : done;
}

Outcome limit_resource(const plan::ResourceLimit& step) {
    const std::uint64_t limits[2] = {step.soft, step.hard};
    return call(__NR_prlimit64, 0, step.resource, limits, nullptr);
}

Outcome set_affinity(Context& context, const plan::Affinity& step) {
    // All ones: the kernel reduces the mask to the CPUs of the cpuset. The container does not
    // inherit the caller's mask.
    std::uint64_t all[128];
    const auto* mask = context.items<std::uint64_t>(step.mask);
    std::size_t bytes = step.mask.count * sizeof *mask;
    if (step.mask.count == 0) {
        for (std::uint64_t& word : all) word = ~std::uint64_t{0};
        mask = all;
        bytes = sizeof all;
    }
    const Outcome done = call(__NR_sched_setaffinity, 0, bytes, mask);
    return step.mask.count == 0 && done.error() == kInvalid ? Outcome() : done;
}

Outcome set_scheduler(const plan::Scheduler& step) {
    struct {
        std::uint32_t size;
        std::uint32_t policy;
        std::uint64_t flags;
        std::int32_t nice;
        std::uint32_t priority;
        std::uint64_t runtime;
        std::uint64_t deadline;
        std::uint64_t period;
    } const attributes{48,           step.policy,   step.flags, step.nice, step.priority,
                       step.runtime, step.deadline, step.period};
    return call(__NR_sched_setattr, 0, &attributes, 0);
}

Outcome set_core_cookie(std::uint64_t share_from) {
    constexpr int kOneProcess = 1;  // PR_SCHED_CORE_SCOPE_THREAD_GROUP
    constexpr int kOneThread = 0;
    constexpr int kShareFrom = 3;
    if (share_from == 0)
        return call(__NR_prctl, kPrctlSchedCore, kPrctlSchedCoreCreate, 0, kOneProcess, 0);
    return call(__NR_prctl, kPrctlSchedCore, kShareFrom, share_from, kOneThread, 0);
}

Outcome set_memory_policy(Context& context, const plan::MemoryPolicy& step) {
    // The kernel expects one more than the number of bits.
    const unsigned long bits = step.nodes.count == 0 ? 0 : (step.nodes.count * 64UL) + 1;
    return call(__NR_set_mempolicy, step.mode,
                bits == 0 ? nullptr : context.items<std::uint64_t>(step.nodes), bits);
}

namespace {

bool is_null(const Statx& status) {
    return (status.mode & kTypeMask) == kTypeCharacter && status.rdev_major == 1 &&
           status.rdev_minor == 3;
}

/// Opens the container's /dev/null and checks it: an image may have put anything there
/// (CVE-2026-88265).
Outcome open_own_null(Context& context, Owned& null) {
    if (null.open()) return {};
    null = Owned(TRY(open_in_root(context, "dev/null", kReadWrite | kNoFollow)));
    Statx status;
    TRY(status_of(null.get(), status));
    return is_null(status) ? Outcome() : refuse(kInvalid, __NR_statx);
}

/// A pipe without a name, whose owner decides who may open /dev/stdout again. Every other file is
/// the caller's: its owner must not change.
bool is_anonymous_pipe(int descriptor, const Statx& status) {
    constexpr long kPipes = 0x50495045;  // PIPEFS_MAGIC: not a named FIFO
    if ((status.mode & kTypeMask) != kTypeFifo) return false;
    struct {
        long type;
        long rest[15];
    } place{};
    return !call(__NR_fstatfs, descriptor, &place).failed() && place.type == kPipes;
}

bool may_stay(int error) {
    return error == kNotPermitted || error == kReadOnlyFileSystem || error == kInvalid;
}

}  // namespace

Outcome own_stdio(Context& context, std::uint64_t uid) {
    Owned null;
    for (int descriptor = 0; descriptor <= 2; ++descriptor) {
        Statx status;
        const Outcome seen = status_of(descriptor, status);
        if (seen.error() == kBadDescriptor) continue;
        TRY(seen);
        if (is_null(status)) {
            if (context.step->flags != plan::kReopenNull) continue;
            TRY(open_own_null(context, null));
            TRY(call(__NR_dup3, null.get(), descriptor, 0));
        } else if (status.uid != uid && is_anonymous_pipe(descriptor, status)) {
            const Outcome done = call(__NR_fchown, descriptor, uid, -1L);
            if (!may_stay(done.error())) TRY(done);
        }
    }
    return {};
}

namespace {

void close_directories(Context& context) {
    context.root.reset();
    context.proc_sys.reset();
    context.empty.reset();
    forget_mounts(context);
}

/// The kernel shows a working directory outside the root as "(unreachable)…": the program could
/// leave the container through it (CVE-2024-21626). Reported as ENOENT, as the kernel reports a
/// working directory that is in no directory any more.
Outcome check_inside() {
    char path[4096];
    TRY(call(__NR_getcwd, path, sizeof path));
    return path[0] == '/' ? Outcome() : refuse(kNoEntry, __NR_getcwd);
}

/// A directory in a mount that init has made is entered by its descriptor: the program must not
/// start in another one that has been put at its name.
Outcome enter_directory(Context& context, const char* path) {
    const Outcome found = open_below_mount(context, path, kOpenPath | kDirectory);
    if (found.error() != kOtherDevice) {
        const Owned directory(TRY(found));
        return call(__NR_fchdir, directory.get());
    }
    // From here on the paths come from config.json: the working directory and the program. Close
    // every directory, so that no path below /proc/self/fd leads out of the container.
    close_directories(context);
    return call(__NR_chdir, path);
}

}  // namespace

Outcome make_directory(Context& context, const plan::Path& step) {
    const Owned made(TRY(make_target(context, context.text(step.path), Target::directory)));
    return {};
}

Outcome change_directory(Context& context, const plan::WorkingDirectory& step) {
    if (context.in_working_directory) return {};
    const Outcome entered = enter_directory(context, context.text(step.path));
    // The user may have permission where root does not (its directory on NFS or FUSE).
    if (context.step->flags == plan::kFirstTry && entered.error() == kAccess) return {};
    close_directories(context);
    TRY(entered);
    context.in_working_directory = true;
    return check_inside();
}

}  // namespace crux::init
