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

/// Linux system calls under the kernel's names. Descriptors have owners and close-on-exec, errno is
/// a value, interrupted calls are repeated, and there is no policy.
namespace crux::sys {

// --- opening (open(2), openat2(2)) ---

/// openat(2) with O_CLOEXEC added.
Result<Fd, Errno> openat(FdRef directory, ZString path, int flags, mode_t mode = 0) noexcept;

/// openat2(2) (5.6) with O_CLOEXEC added. Retried up to 64 times for EAGAIN, which a concurrent
/// rename or mount can cause for a path with "..".
Result<Fd, Errno> openat2(FdRef directory, ZString path, int flags, std::uint64_t resolve,
                          mode_t mode = 0) noexcept;

/// Opens a name that crux has chosen: beneath the directory, without symbolic links (rule R1).
Result<Fd, Errno> open_beneath(FdRef directory, ZString path, int flags, mode_t mode = 0) noexcept;

// --- reading and writing (read(2), write(2)) ---

/// One read(2); 0 at the end.
Result<std::size_t, Errno> read(FdRef file, std::span<char> buffer) noexcept;
/// One write(2), which may be short.
Result<std::size_t, Errno> write(FdRef file, std::string_view text) noexcept;
/// Writes the whole text, with as many calls as it takes.
Result<void, Errno> write_all(FdRef file, std::string_view text) noexcept;

/// The default limit of read_file and read_to_end, in bytes.
inline constexpr std::size_t kReadLimit = std::size_t{16} << 20U;

/// Everything from the file offset to the end; EFBIG if that is more than the limit.
Result<std::string, Errno> read_to_end(FdRef file, std::size_t limit = kReadLimit) noexcept;
/// The content of a file; EFBIG if it is longer than the limit.
Result<std::string, Errno> read_file(FdRef directory, ZString path,
                                     std::size_t limit = kReadLimit) noexcept;
Result<std::string, Errno> read_file(ZString path, std::size_t limit = kReadLimit) noexcept;
/// Writes the text to an existing file of the kernel (cgroup, proc) in exactly one write(2), as
/// such files require. A short write is EIO.
Result<void, Errno> write_file(FdRef directory, ZString path, std::string_view text) noexcept;
Result<void, Errno> write_file(ZString path, std::string_view text) noexcept;

/// flock(2); with LOCK_NB a held lock is EWOULDBLOCK.
Result<void, Errno> flock(FdRef file, int operation) noexcept;

// --- file status (stat(2), statfs(2), access(2)) ---

Result<struct ::stat, Errno> fstat(FdRef file) noexcept;
/// fstatat(2); for the descriptor itself the path is empty and the flags hold AT_EMPTY_PATH.
Result<struct ::stat, Errno> fstatat(FdRef directory, ZString path, int flags = 0) noexcept;
Result<struct ::statfs, Errno> fstatfs(FdRef file) noexcept;
Result<struct ::statfs, Errno> statfs(ZString path) noexcept;
/// faccessat2(2) (5.8).
Result<void, Errno> faccessat(FdRef directory, ZString path, int mode, int flags = 0) noexcept;

// --- changing files (chmod(2), chown(2)) ---

/// Changes the mode of a file; follows symbolic links, as chmod(2) does. For a descriptor opened
/// with O_PATH, pass its FdPath.
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
/// Sets or clears O_NONBLOCK, which all processes that share the open file description share.
Result<void, Errno> set_nonblocking(FdRef file, bool on) noexcept;

/// "/proc/self/fd/N", for calls that take only a path. Stores its text; allocates nothing.
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
