#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/zstring.h"

namespace crux::sys {

// --- making and removing names (mkdir(2), mkfifo(3), symlink(2), unlink(2), rename(2)) ---

Result<void, Errno> mkdirat(FdRef directory, ZString path, mode_t mode) noexcept;
Result<void, Errno> mkfifoat(FdRef directory, ZString path, mode_t mode) noexcept;
Result<void, Errno> symlinkat(ZString target, FdRef directory, ZString path) noexcept;
/// unlinkat(2); AT_REMOVEDIR for a directory.
Result<void, Errno> unlinkat(FdRef directory, ZString path, int flags = 0) noexcept;
/// renameat2(2), with RENAME_NOREPLACE and RENAME_EXCHANGE as flags.
Result<void, Errno> renameat2(FdRef old_directory, ZString old_path, FdRef new_directory,
                              ZString new_path, unsigned flags = 0) noexcept;
/// The target of a symbolic link; of the descriptor itself (O_PATH) if the path is empty.
Result<std::string, Errno> readlinkat(FdRef directory, ZString path) noexcept;

// --- reading a directory (getdents(2)) ---

/// One entry while for_each_entry visits it.
struct Entry {
    const char* name;
    std::uint64_t inode;
    unsigned char type;  ///< DT_REG, DT_DIR, … or DT_UNKNOWN
};

/// getdents64(2): fills the buffer with records. Returns their size in bytes, or 0 at the end.
Result<std::size_t, Errno> getdents64(FdRef directory, std::span<char> buffer) noexcept;

namespace detail {
/// The record at the offset, which is advanced to the next one.
Entry next_entry(std::span<const char> records, std::size_t& offset) noexcept;
}  // namespace detail

/// Calls visit(Entry) for each entry except "." and "..", in the kernel's order. If visit returns
/// bool, false ends the walk. The directory must be open for reading (not O_PATH); its file offset
/// changes.
template <class Visit>
Result<void, Errno> for_each_entry(FdRef directory, Visit visit) noexcept {
    alignas(std::uint64_t) char buffer[4096];
    for (;;) {
        std::size_t filled = TRY(getdents64(directory, buffer));
        if (filled == 0) return {};
        for (std::size_t offset = 0; offset < filled;) {
            Entry entry = detail::next_entry(std::span(buffer).first(filled), offset);
            if (entry.name[0] == '.' &&
                (entry.name[1] == 0 || (entry.name[1] == '.' && entry.name[2] == 0)))
                continue;
            if constexpr (std::is_same_v<std::invoke_result_t<Visit&, Entry>, bool>) {
                if (!visit(entry)) return {};
            } else {
                visit(entry);
            }
        }
    }
}

}  // namespace crux::sys
