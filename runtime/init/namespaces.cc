#include "runtime/init/libc.h"
#include "runtime/init/paths.h"
#include "runtime/init/proc.h"

namespace crux::init {

Outcome enter_cgroup(Context& context, const plan::EnterCgroup& step) {
    // "0" is the writing process. A single-threaded process that moves itself takes no global lock
    // (Linux 5.5); moving another process by its pid waits for an RCU grace period.
    const Owned tasks(context.slot(step.slot));
    return call(__NR_write, tasks.get(), "0", 1);
}

namespace {

/// The root of the mount namespace that was just joined.
Outcome hold_root(Context& context) {
    context.root = Owned(
        TRY(call(__NR_openat, kCurrentDirectory, "/", kOpenPath | kDirectory | kCloseOnExec)));
    return {};
}

}  // namespace

Outcome join_namespace(Context& context, const plan::JoinNamespace& step) {
    const Owned descriptor(context.slot(step.slot));
    TRY(call(__NR_setns, descriptor.get(), static_cast<std::uint32_t>(step.type)));
    return step.type == plan::Namespace::mount ? hold_root(context) : Outcome();
}

Outcome join_container(Context& context, const plan::JoinContainer& step) {
    const Owned process(context.slot(step.slot));
    TRY(call(__NR_setns, process.get(), step.namespaces));
    const bool mounts = (step.namespaces & static_cast<std::uint32_t>(plan::Namespace::mount)) != 0;
    return mounts ? hold_root(context) : Outcome();
}

Outcome set_time_offsets(Context& context, const plan::TimeOffsets& step) {
    // unshare(2) creates the namespace for children. The offsets cannot change once a process is in
    // it, so they are written before init enters it (time_namespaces(7)).
    if (step.is_made == 0)
        TRY(call(__NR_unshare, static_cast<std::uint32_t>(plan::Namespace::time)));
    const Owned proc(TRY(own_proc(context)));
    const Owned self(TRY(open_in_proc(proc.get(), "self", kOpenPath | kDirectory)));
    if (step.text.length != 0) {
        const Owned file(
            TRY(call(__NR_openat, self.get(), "timens_offsets", kWriteOnly | kCloseOnExec)));
        TRY(call(__NR_write, file.get(), context.text(step.text), step.text.length));
    }
    const Owned made(
        TRY(call(__NR_openat, self.get(), "ns/time_for_children", kReadOnly | kCloseOnExec)));
    return call(__NR_setns, made.get(), static_cast<std::uint32_t>(plan::Namespace::time));
}

Outcome set_loopback_up() {
    constexpr int kInet = 2;            // AF_INET
    constexpr int kDatagram = 2;        // SOCK_DGRAM
    constexpr long kSetFlags = 0x8914;  // SIOCSIFFLAGS
    struct {
        char name[16];
        std::int16_t flags;
        char rest[22];
    } request{};
    memcpy(request.name, "lo", 3);
    request.flags = 1;  // IFF_UP
    const Owned socket(TRY(call(__NR_socket, kInet, kDatagram | kCloseOnExec, 0)));
    return call(__NR_ioctl, socket.get(), kSetFlags, &request);
}

}  // namespace crux::init
