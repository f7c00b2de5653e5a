#include "runtime/init/copy_up.h"

#include "runtime/init/kernel.h"
#include "runtime/init/libc.h"
#include "runtime/init/paths.h"

namespace crux::init {

namespace {

constexpr int kMaxDepth = 64;

Outcome copy_tree(int from, int to, int depth);

Outcome copy_file(int from, const char* name, int to, const Statx& status) {
    const Owned source(TRY(call(__NR_openat, from, name, kReadOnly | kNoFollow | kCloseOnExec)));
    const Owned copy(TRY(call(__NR_openat, to, name,
                              kWriteOnly | kCreate | kExclusive | kNoFollow | kCloseOnExec, 0600)));
    for (std::uint64_t done = 0; done < status.size;) {
        const long part =
            TRY(call(__NR_sendfile, copy.get(), source.get(), nullptr, status.size - done));
        if (part == 0) break;
        done += static_cast<std::uint64_t>(part);
    }
    TRY(call(__NR_fchown, copy.get(), status.uid, status.gid));
    return call(__NR_fchmod, copy.get(), status.mode & 07777U);
}

Outcome copy_directory(int from, const char* name, int to, const Statx& status, int depth) {
    if (depth >= kMaxDepth) return refuse(kTooManyLinks, __NR_openat);
    const int flags = kReadOnly | kDirectory | kNoFollow | kCloseOnExec;
    const Owned source(TRY(call(__NR_openat, from, name, flags)));
    TRY(call(__NR_mkdirat, to, name, 0700));
    const Owned copy(TRY(call(__NR_openat, to, name, flags)));
    TRY(copy_tree(source.get(), copy.get(), depth + 1));
    TRY(call(__NR_fchown, copy.get(), status.uid, status.gid));
    return call(__NR_fchmod, copy.get(), status.mode & 07777U);
}

Outcome copy_link(int from, const char* name, int to, const Statx& status) {
    char target[4096];
    const long length = TRY(call(__NR_readlinkat, from, name, target, sizeof target - 1));
    target[length] = 0;
    TRY(call(__NR_symlinkat, target, to, name));
    return call(__NR_fchownat, to, name, status.uid, status.gid, kSymlinkNoFollow);
}

Outcome copy_node(const char* name, int to, const Statx& status) {
    const std::uint64_t device = (status.rdev_minor & 0xffU) | (status.rdev_major << 8U) |
                                 (static_cast<std::uint64_t>(status.rdev_minor & ~0xffU) << 12U);
    TRY(call(__NR_mknodat, to, name, status.mode, device));
    return call(__NR_fchownat, to, name, status.uid, status.gid, kSymlinkNoFollow);
}

Outcome copy_entry(int from, const char* name, int to, int depth) {
    Statx status;
    constexpr unsigned kBasic = 0x7ff;
    TRY(call(__NR_statx, from, name, kSymlinkNoFollow, kBasic, &status));
    switch (status.mode & kTypeMask) {
        case kTypeRegular:
            return copy_file(from, name, to, status);
        case kTypeDirectory:
            return copy_directory(from, name, to, status, depth);
        case kTypeLink:
            return copy_link(from, name, to, status);
        default:
            return copy_node(name, to, status);
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
