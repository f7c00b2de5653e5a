#include "runtime/sys/trusted.h"

#include <fcntl.h>
#include <unistd.h>

#include <span>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace crux::sys {

namespace {

constexpr uid_t kRoot = 0;

std::unexpected<Error> refuse(std::string text) {
    return fail(Error::Kind::state, std::move(text));
}

}  // namespace

Status check_trusted(const struct ::stat& status) {
    const uid_t caller = ::geteuid();
    if (status.st_uid != caller && status.st_uid != kRoot)
        return refuse(cat("owned by user ", status.st_uid, ", neither by the caller (user ", caller,
                          ") nor by root"));
    if ((status.st_mode & S_IWOTH) != 0)
        return refuse((status.st_mode & S_ISVTX) != 0
                          ? "writable by every user (the sticky bit does not keep others from "
                            "making files in it)"
                          : "writable by every user");
    if ((status.st_mode & S_IWGRP) != 0 && status.st_gid != ::getegid())
        return refuse(cat("writable by group ", status.st_gid, ", which is not the caller's"));
    return {};
}

Result<Fd> open_trusted_directory(FdRef directory, ZString path, int flags) {
    Fd opened = TRY(openat(directory, path, O_RDONLY | O_DIRECTORY | flags));
    const struct ::stat status = TRY(fstat(opened));
    TRY(check_trusted(status));
    return opened;
}

Result<std::string> read_trusted_file(FdRef directory, ZString name, std::size_t limit) {
    const Fd file = TRY(openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    const struct ::stat status = TRY(fstat(file));
    if (!S_ISREG(status.st_mode)) return refuse("not a regular file");
    TRY(check_trusted(status));
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > limit) return refuse(cat("longer than ", limit, " bytes"));
    // One byte more than there is, so that the first read is also the last one.
    std::string text(size + 1, '\0');
    std::size_t used = 0;
    while (used < text.size()) {
        const std::size_t count = TRY(read(file, std::span(text).subspan(used)));
        used += count;
        if (count == 0 || used == size) break;
    }
    if (used > size) return refuse("has grown while it was read");
    text.resize(used);
    return text;
}

}  // namespace crux::sys
