#include "runtime/init/libc.h"
#include "runtime/init/mount_object.h"
#include "runtime/init/paths.h"

namespace crux::init {

namespace {

constexpr long kGetPeer = 0x5441;         // TIOCGPTPEER, Linux 4.13
constexpr long kGetNumber = 0x80045430;   // TIOCGPTN
constexpr long kSetLock = 0x40045431;     // TIOCSPTLCK
constexpr long kSetSize = 0x5414;         // TIOCSWINSZ
constexpr long kSetControlling = 0x540e;  // TIOCSCTTY
constexpr std::uint32_t kFirstPtyMajor = 136;
constexpr std::uint32_t kLastPtyMajor = 143;

/// Sends one message with one descriptor: receivers on a console socket accept nothing else.
Outcome send_master(int socket, int master, const char* name, std::size_t length) {
    struct {
        std::size_t length;
        int level;
        int type;
        int descriptor;
        int padding;
    } control{sizeof(std::size_t) + (3 * sizeof(int)), 1 /* SOL_SOCKET */, 1 /* SCM_RIGHTS */,
              master, 0};
    struct {
        const void* base;
        std::size_t length;
    } data{name, length};
    struct {
        void* name;
        std::uint32_t name_length;
        void* data;
        std::size_t data_count;
        void* control;
        std::size_t control_length;
        int flags;
    } message{nullptr, 0, &data, 1, &control, sizeof control, 0};
    constexpr int kNoSignal = 0x4000;
    return call(__NR_sendmsg, socket, &message, kNoSignal);
}

/// Checks that the opened file is a pty, and not something that the image put there
/// (CVE-2025-52565).
Outcome check_pty(int peer) {
    Statx status;
    TRY(status_of(peer, status));
    const bool pty = (status.mode & kTypeMask) == kTypeCharacter &&
                     status.rdev_major >= kFirstPtyMajor && status.rdev_major <= kLastPtyMajor;
    return pty ? Outcome() : refuse(kInvalid, __NR_ioctl);
}

Outcome bind_on_console(Context& context, int peer) {
    const Owned mount(TRY(clone_mount(peer, false)));
    const ParentAndName place = make_parent(context, "dev/console");
    const Owned parent(TRY(place.parent));
    // An entry of the image must not be followed: it may be a symbolic link to anywhere.
    Outcome opened =
        call(__NR_openat, parent.get(), place.name, kOpenPath | kNoFollow | kCloseOnExec);
    if (opened.error() == kNoEntry) {
        const Owned made(
            TRY(call(__NR_openat, parent.get(), place.name,
                     kCreate | kExclusive | kNoFollow | kWriteOnly | kCloseOnExec, 0600)));
        opened = call(__NR_openat, parent.get(), place.name, kOpenPath | kNoFollow | kCloseOnExec);
    }
    const Owned target(TRY(opened));
    Statx status;
    TRY(status_of(target.get(), status));
    if ((status.mode & kTypeMask) == kTypeLink) return refuse(kTooManyLinks, __NR_openat);
    return attach(mount.get(), target.get());
}

}  // namespace

Outcome open_console(Context& context, const plan::Console& step) {
    const Owned socket(context.slot(step.socket));
    const Owned master(
        TRY(open_in_root(context, "dev/pts/ptmx", kReadWrite | kNoControllingTerminal)));
    const int unlocked = 0;
    TRY(call(__NR_ioctl, master.get(), kSetLock, &unlocked));
    unsigned number = 0;
    TRY(call(__NR_ioctl, master.get(), kGetNumber, &number));
    const Owned peer(TRY(call(__NR_ioctl, master.get(), kGetPeer,
                              kReadWrite | kNoControllingTerminal | kCloseOnExec)));
    TRY(check_pty(peer.get()));
    if (step.rows != 0 || step.columns != 0) {
        const std::uint16_t size[4] = {step.rows, step.columns, 0, 0};
        TRY(call(__NR_ioctl, master.get(), kSetSize, size));
    }
    if (step.uid != 0) TRY(call(__NR_fchown, peer.get(), step.uid, -1L));
    if (step.bind_console != 0) TRY(bind_on_console(context, peer.get()));
    Buffer<32> name;
    name.add("/dev/pts/").add_number(number);
    TRY(send_master(socket.get(), master.get(), name.text(), name.length()));
    TRY(call(__NR_ioctl, peer.get(), kSetControlling, 0));
    for (int descriptor = 0; descriptor <= 2; ++descriptor)
        TRY(call(__NR_dup3, peer.get(), descriptor, 0));
    return {};
}

}  // namespace crux::init
