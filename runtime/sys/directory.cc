#include "runtime/sys/directory.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "runtime/sys/checked.h"

namespace crux::sys {

using detail::checked;
using detail::done;

Result<void, Errno> mkdirat(FdRef directory, ZString path, mode_t mode) noexcept {
    return done("mkdir", [&] { return ::mkdirat(directory.get(), path.c_str(), mode); });
}

Result<void, Errno> mkfifoat(FdRef directory, ZString path, mode_t mode) noexcept {
    return done("mkfifo", [&] { return ::mkfifoat(directory.get(), path.c_str(), mode); });
}

Result<void, Errno> symlinkat(ZString target, FdRef directory, ZString path) noexcept {
    return done("symlink",
                [&] { return ::symlinkat(target.c_str(), directory.get(), path.c_str()); });
}

Result<void, Errno> unlinkat(FdRef directory, ZString path, int flags) noexcept {
    const char* name = (flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlink";
    return done(name, [&] { return ::unlinkat(directory.get(), path.c_str(), flags); });
}

Result<void, Errno> renameat2(FdRef old_directory, ZString old_path, FdRef new_directory,
                              ZString new_path, unsigned flags) noexcept {
    return done("rename", [&] {
        return ::syscall(SYS_renameat2, old_directory.get(), old_path.c_str(), new_directory.get(),
                         new_path.c_str(), flags);
    });
}

Result<std::string, Errno> readlinkat(FdRef directory, ZString path) noexcept {
    std::string target(256, '\0');
    for (;;) {
        ssize_t length = TRY(checked("readlink", [&] {
            return ::readlinkat(directory.get(), path.c_str(), target.data(), target.size());
        }));
        auto used = static_cast<std::size_t>(length);
        // If the buffer is full, the target may be truncated.
        bool whole = used < target.size();
        target.resize(whole ? used : target.size() * 4);
        if (whole) return target;
    }
}

Result<std::size_t, Errno> getdents64(FdRef directory, std::span<char> buffer) noexcept {
    return checked("getdents64", [&] {
        return ::syscall(SYS_getdents64, directory.get(), buffer.data(), buffer.size());
    });
}

namespace detail {

Entry next_entry(std::span<const char> records, std::size_t& offset) noexcept {
    const char* record = records.data() + offset;
    Entry entry = {};
    std::uint16_t length = 0;
    std::memcpy(&entry.inode, record + offsetof(struct dirent64, d_ino), sizeof(entry.inode));
    std::memcpy(&length, record + offsetof(struct dirent64, d_reclen), sizeof(length));
    std::memcpy(&entry.type, record + offsetof(struct dirent64, d_type), sizeof(entry.type));
    entry.name = record + offsetof(struct dirent64, d_name);
    offset += length;
    return entry;
}

}  // namespace detail

}  // namespace crux::sys
