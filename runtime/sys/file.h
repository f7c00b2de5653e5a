#pragma once

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/zstring.h"

/// Linux system calls with owners for what they open: the kernel's names, errno as a value,
/// interrupted calls made again, close-on-exec always, and no policy.
namespace crux::sys {

// --- opening (open(2), openat2(2)) ---

/// openat(2) with O_CLOEXEC added.
Result<Fd, Errno> openat(FdRef directory, ZString path, int flags, mode_t mode = 0) noexcept;

/// openat2(2) (5.6) with O_CLOEXEC added. EAGAIN, the answer to a rename or mount that raced a
/// walk with "..", is tried again up to 64 times.
Result<Fd, Errno> openat2(FdRef directory, ZString path, int flags, std::uint64_t resolve,
                          mode_t mode = 0) noexcept;

/// Opens a name chosen by ourselves: beneath the directory and through no symbolic link (rule R1).
Result<Fd, Errno> open_beneath(FdRef directory, ZString path, int flags, mode_t mode = 0) noexcept;

// --- reading and writing (read(2), write(2)) ---

/// One read(2); 0 at the end.
Result<std::size_t, Errno> read(FdRef file, std::span<char> buffer) noexcept;
/// One write(2), which may be short.
Result<std::size_t, Errno> write(FdRef file, std::string_view text) noexcept;
/// Writes the whole text, with as many calls as it takes.
Result<void, Errno> write_all(FdRef file, std::string_view text) noexcept;

/// What read_file and read_to_end take at most unless told otherwise, in bytes.
inline constexpr std::size_t kReadLimit = std::size_t{16} << 20U;

/// Everything from here to the end; EFBIG when that is more than the limit.
Result<std::string, Errno> read_to_end(FdRef file, std::size_t limit = kReadLimit) noexcept;
/// The content of a file; EFBIG when it is longer than the limit.
Result<std::string, Errno> read_file(FdRef directory, ZString path,
                                     std::size_t limit = kReadLimit) noexcept;
Result<std::string, Errno> read_file(ZString path, std::size_t limit = kReadLimit) noexcept;
/// Opens an existing file of the kernel (cgroup, proc), hands it the text in exactly one write(2),
/// as such files want it, and closes it. A short write is EIO.
Result<void, Errno> write_file(FdRef directory, ZString path, std::string_view text) noexcept;
Result<void, Errno> write_file(ZString path, std::string_view text) noexcept;

/// flock(2); with LOCK_NB a held lock is EWOULDBLOCK.
Result<void, Errno> flock(FdRef file, int operation) noexcept;

// --- asking (stat(2), statfs(2), access(2)) ---

Result<struct ::stat, Errno> fstat(FdRef file) noexcept;
/// fstatat(2); for the descriptor itself the path is empty and the flags hold AT_EMPTY_PATH.
Result<struct ::stat, Errno> fstatat(FdRef directory, ZString path, int flags = 0) noexcept;
Result<struct ::statfs, Errno> fstatfs(FdRef file) noexcept;
Result<struct ::statfs, Errno> statfs(ZString path) noexcept;
/// faccessat2(2) (5.8).
Result<void, Errno> faccessat(FdRef directory, ZString path, int mode, int flags = 0) noexcept;

// --- changing (chmod(2), chown(2)) ---

/// Changes the mode of what the name stands for, following links as chmod does. A descriptor
/// opened with O_PATH is reached by its FdPath.
Result<void, Errno> fchmodat(FdRef directory, ZString path, mode_t mode) noexcept;
Result<void, Errno> fchmod(FdRef file, mode_t mode) noexcept;
/// fchownat(2); for the descriptor itself the path is empty and the flags hold AT_EMPTY_PATH.
Result<void, Errno> fchownat(FdRef directory, ZString path, uid_t user, gid_t group,
                             int flags = 0) noexcept;

// --- descriptors (fcntl(2), dup(2), pipe(2)) ---

/// The two ends of a pipe, both close-on-exec.
struct Pipe {
    Fd read;
    Fd write;
};

/// pipe2(2) with O_CLOEXEC added.
Result<Pipe, Errno> pipe2(int flags = 0) noexcept;
/// A second descriptor for the same open file, at the given number or above.
Result<Fd, Errno> dup(FdRef file, int least = 3) noexcept;
Result<int, Errno> get_file_flags(FdRef file) noexcept;
Result<void, Errno> set_file_flags(FdRef file, int flags) noexcept;
/// Switches O_NONBLOCK, which belongs to the open file and so to everyone who shares it.
Result<void, Errno> set_nonblocking(FdRef file, bool on) noexcept;
Result<void, Errno> set_cloexec(FdRef file, bool on) noexcept;

/// "/proc/self/fd/N", for calls that take only a path. Holds its text; allocates nothing.
class FdPath {
 public:
    explicit FdPath(FdRef file) noexcept;
    // NOLINTNEXTLINE(google-explicit-constructor): it is a path
    operator ZString() const noexcept { return text_.data(); }
    [[nodiscard]] const char* c_str() const noexcept { return text_.data(); }

 private:
    std::array<char, 32> text_{};
};

}  // namespace crux::sys
