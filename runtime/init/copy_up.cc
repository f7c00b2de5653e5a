#include "runtime/init/copy_up.h"

#include "runtime/init/kernel.h"
#include "runtime/init/libc.h"
#include "runtime/init/paths.h"

namespace crux::init {

namespace {

constexpr int kMaxDepth = 64;
constexpr int kMaxRaces = 128;

/// One file of the source: its content, mode and owner are read through one descriptor, since its
/// name can mean another file a moment later.
struct Source {
    Owned descriptor;
    Statx status;
    [[nodiscard]] std::uint32_t type() const { return status.mode & kTypeMask; }
};

Outcome copy_tree(int from, int to, int depth);

/// Content is read only of files and directories. Others are not opened for reading: opening a
/// device can have effects. A FIFO that has taken the place of a file must not block.
int flags_for(std::uint32_t type) {
    const int flags = kNoFollow | kCloseOnExec;
    if (type == kTypeDirectory) return flags | kReadOnly | kDirectory;
    return flags |
           (type == kTypeRegular ? kReadOnly | kNonBlock | kNoControllingTerminal : kOpenPath);
}

/// Opens a name; false if it is not a file of this type any more.
Outcome open_as(int from, const char* name, std::uint32_t type, Source& source) {
    const Outcome opened = call(__NR_openat, from, name, flags_for(type));
    const int error = opened.error();
    // ENXIO: a socket, or a device without a driver.
    if (error == kNoEntry || error == kTooManyLinks || error == kNotDirectory ||
        error == kNoDeviceOrAddress)
        return false;
    source.descriptor = Owned(TRY(opened));
    TRY(status_of(source.descriptor.get(), source.status));
    return source.type() == type;
}

/// Opens a name whatever it means; false if it does not exist any more.
Outcome open_source(int from, const char* name, Source& source) {
    for (int race = 0; race < kMaxRaces; ++race) {
        Statx now;
        constexpr unsigned kType = 1;  // STATX_TYPE
        const Outcome there = call(__NR_statx, from, name, kSymlinkNoFollow, kType, &now);
        if (there.error() == kNoEntry) return false;
        TRY(there);
        if (TRY(open_as(from, name, now.mode & kTypeMask, source)) != 0) return true;
    }
    return refuse(kTryAgain, __NR_openat);
}

/// The owner before the mode: a change of the owner clears the set-user-ID bit.
Outcome copy_owner_and_mode(int copy, const Statx& status) {
    TRY(call(__NR_fchown, copy, status.uid, status.gid));
    return call(__NR_fchmod, copy, status.mode & 07777U);
}

Outcome copy_file(const Source& source, const char* name, int to) {
    const Owned copy(TRY(call(__NR_openat, to, name,
                              kWriteOnly | kCreate | kExclusive | kNoFollow | kCloseOnExec, 0600)));
    for (std::uint64_t done = 0; done < source.status.size;) {
        const long part = TRY(call(__NR_sendfile, copy.get(), source.descriptor.get(), nullptr,
                                   source.status.size - done));
        if (part == 0) break;
        done += static_cast<std::uint64_t>(part);
    }
    return copy_owner_and_mode(copy.get(), source.status);
}

Outcome copy_directory(const Source& source, const char* name, int to, int depth) {
    if (depth >= kMaxDepth) return refuse(kTooManyLinks, __NR_openat);
    TRY(call(__NR_mkdirat, to, name, 0700));
    const Owned copy(
        TRY(call(__NR_openat, to, name, kReadOnly | kDirectory | kNoFollow | kCloseOnExec)));
    TRY(copy_tree(source.descriptor.get(), copy.get(), depth + 1));
    return copy_owner_and_mode(copy.get(), source.status);
}

Outcome copy_link(const Source& source, const char* name, int to) {
    char target[4096];
    const long length =
        TRY(call(__NR_readlinkat, source.descriptor.get(), "", target, sizeof target - 1));
    target[length] = 0;
    TRY(call(__NR_symlinkat, target, to, name));
    return call(__NR_fchownat, to, name, source.status.uid, source.status.gid, kSymlinkNoFollow);
}

Outcome copy_node(const char* name, int to, const Statx& status) {
    const std::uint64_t device = (status.rdev_minor & 0xffU) | (status.rdev_major << 8U) |
                                 (static_cast<std::uint64_t>(status.rdev_minor & ~0xffU) << 12U);
    TRY(call(__NR_mknodat, to, name, status.mode, device));
    return call(__NR_fchownat, to, name, status.uid, status.gid, kSymlinkNoFollow);
}

Outcome copy_entry(int from, const char* name, int to, int depth) {
    Source source;
    if (TRY(open_source(from, name, source)) == 0) return {};
    switch (source.type()) {
        case kTypeRegular:
            return copy_file(source, name, to);
        case kTypeDirectory:
            return copy_directory(source, name, to, depth);
        case kTypeLink:
            return copy_link(source, name, to);
        default:
            return copy_node(name, to, source.status);
    }
}

Outcome copy_tree(int from, int to, int depth) {
    alignas(8) char entries[4096];
    for (;;) {
        const long length = TRY(call(__NR_getdents64, from, entries, sizeof entries));
        if (length == 0) return {};
        for (long at = 0; at < length;) {
            constexpr int kLengthAt = 16;
            constexpr int kNameAt = 19;
            std::uint16_t size = 0;
            memcpy(&size, entries + at + kLengthAt, sizeof size);
            const char* name = entries + at + kNameAt;
            at += size;
            if (memcmp(name, ".", 2) == 0 || memcmp(name, "..", 3) == 0) continue;
            TRY(copy_entry(from, name, to, depth));
        }
    }
}

}  // namespace

Outcome copy_up(Context& context, int from, int to) {
    (void)context;
    const int flags = kReadOnly | kDirectory | kCloseOnExec;
    const Owned source(TRY(call(__NR_openat, from, ".", flags)));
    const Owned copy(TRY(call(__NR_openat, to, ".", flags)));
    return copy_tree(source.get(), copy.get(), 0);
}

}  // namespace crux::init
