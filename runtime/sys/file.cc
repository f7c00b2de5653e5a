#include "runtime/sys/file.h"

#include <sys/file.h>
#include <sys/syscall.h>

#include <algorithm>
#include <charconv>

#include "runtime/sys/checked.h"

namespace crux::sys {

using detail::checked;
using detail::done;
using detail::owned;

Result<Fd, Errno> openat(FdRef directory, ZString path, int flags, mode_t mode) noexcept {
    return owned<Fd>(
        "open", [&] { return ::openat(directory.get(), path.c_str(), flags | O_CLOEXEC, mode); });
}

Result<Fd, Errno> openat2(FdRef directory, ZString path, int flags, std::uint64_t resolve,
                          mode_t mode) noexcept {
    struct open_how how = {};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.mode = mode;
    how.resolve = resolve;
    constexpr int kTries = 64;
    for (int attempt = 1;; ++attempt) {
        auto file = owned<Fd>("openat2", [&] {
            return ::syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof(how));
        });
        if (file || file.error().value != EAGAIN || attempt == kTries) return file;
    }
}

Result<Fd, Errno> open_beneath(FdRef directory, ZString path, int flags, mode_t mode) noexcept {
    return openat2(directory, path, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, mode);
}

Result<std::size_t, Errno> read(FdRef file, std::span<char> buffer) noexcept {
    return checked("read", [&] { return ::read(file.get(), buffer.data(), buffer.size()); });
}

Result<std::size_t, Errno> write(FdRef file, std::string_view text) noexcept {
    return checked("write", [&] { return ::write(file.get(), text.data(), text.size()); });
}

Result<void, Errno> write_all(FdRef file, std::string_view text) noexcept {
    while (!text.empty()) {
        std::size_t count = TRY(write(file, text));
        text.remove_prefix(count);
    }
    return {};
}

Result<std::string, Errno> read_to_end(FdRef file, std::size_t limit) noexcept {
    std::string text;
    std::size_t used = 0;
    std::size_t step = 4096;
    for (;;) {
        // One byte more than the limit, to distinguish a file of exactly this size from a longer
        // one.
        text.resize(std::min(used + step, limit + 1));
        std::size_t count = TRY(read(file, std::span(text).subspan(used)));
        used += count;
        if (used > limit) return std::unexpected(Errno{"read", EFBIG});
        if (count == 0) break;
        if (used == text.size()) step *= 2;
    }
    text.resize(used);
    return text;
}

Result<std::string, Errno> read_file(FdRef directory, ZString path, std::size_t limit) noexcept {
    Fd file = TRY(openat(directory, path, O_RDONLY));
    return read_to_end(file, limit);
}

Result<std::string, Errno> read_file(ZString path, std::size_t limit) noexcept {
    return read_file(FdRef::cwd(), path, limit);
}

Result<void, Errno> write_file(FdRef directory, ZString path, std::string_view text) noexcept {
    Fd file = TRY(openat(directory, path, O_WRONLY));
    std::size_t count = TRY(write(file, text));
    if (count != text.size()) return std::unexpected(Errno{"write", EIO});
    return {};
}

Result<void, Errno> write_file(ZString path, std::string_view text) noexcept {
    return write_file(FdRef::cwd(), path, text);
}

Result<void, Errno> flock(FdRef file, int operation) noexcept {
    return done("flock", [&] { return ::flock(file.get(), operation); });
}

Result<struct ::stat, Errno> fstat(FdRef file) noexcept {
    struct ::stat answer = {};
    TRY(done("fstat", [&] { return ::fstat(file.get(), &answer); }));
    return answer;
}

Result<struct ::stat, Errno> fstatat(FdRef directory, ZString path, int flags) noexcept {
    struct ::stat answer = {};
    TRY(done("stat", [&] { return ::fstatat(directory.get(), path.c_str(), &answer, flags); }));
    return answer;
}

Result<struct ::statfs, Errno> fstatfs(FdRef file) noexcept {
    struct ::statfs answer = {};
    TRY(done("statfs", [&] { return ::fstatfs(file.get(), &answer); }));
    return answer;
}

Result<struct ::statfs, Errno> statfs(ZString path) noexcept {
    struct ::statfs answer = {};
    TRY(done("statfs", [&] { return ::statfs(path.c_str(), &answer); }));
    return answer;
}

Result<void, Errno> faccessat(FdRef directory, ZString path, int mode, int flags) noexcept {
    return done("access", [&] {
        return ::syscall(SYS_faccessat2, directory.get(), path.c_str(), mode, flags);
    });
}

Result<void, Errno> fchmodat(FdRef directory, ZString path, mode_t mode) noexcept {
    return done("chmod", [&] { return ::fchmodat(directory.get(), path.c_str(), mode, 0); });
}

Result<void, Errno> fchmod(FdRef file, mode_t mode) noexcept {
    return done("chmod", [&] { return ::fchmod(file.get(), mode); });
}

Result<void, Errno> fchownat(FdRef directory, ZString path, uid_t user, gid_t group,
                             int flags) noexcept {
    return done("chown",
                [&] { return ::fchownat(directory.get(), path.c_str(), user, group, flags); });
}

Result<Pipe, Errno> pipe2(int flags) noexcept {
    int ends[2] = {-1, -1};
    TRY(done("pipe", [&] { return ::pipe2(ends, flags | O_CLOEXEC); }));
    return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<Fd, Errno> dup(FdRef file, int least) noexcept {
    return owned<Fd>("dup", [&] { return ::fcntl(file.get(), F_DUPFD_CLOEXEC, least); });
}

Result<int, Errno> get_file_flags(FdRef file) noexcept {
    return checked("fcntl", [&] { return ::fcntl(file.get(), F_GETFL); });
}

Result<void, Errno> set_file_flags(FdRef file, int flags) noexcept {
    return done("fcntl", [&] { return ::fcntl(file.get(), F_SETFL, flags); });
}

Result<void, Errno> set_nonblocking(FdRef file, bool on) noexcept {
    int flags = TRY(get_file_flags(file));
    int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    if (wanted == flags) return {};
    return set_file_flags(file, wanted);
}

FdPath::FdPath(FdRef file) noexcept {
    constexpr std::string_view kPrefix = "/proc/self/fd/";
    char* end = std::ranges::copy(kPrefix, text_.data()).out;
    // A descriptor number has at most 10 digits, and the array starts as zeros.
    std::to_chars(end, text_.data() + text_.size() - 1, file.get());
}

}  // namespace crux::sys
