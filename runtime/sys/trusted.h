#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <string>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/zstring.h"

/// Files that decide what crux does on the host. What another user can write is refused: its
/// content would be carried out with the caller's privileges.
namespace crux::sys {

/// Refuses an inode that is owned by neither the caller nor root, or that others may write: a
/// group, except the caller's own, or everyone. A sticky directory is no exception, because others
/// can make names in it.
Status check_trusted(const struct ::stat& status);

/// Opens a directory that passes check_trusted. ENOENT in the error's code if it does not exist.
Result<Fd> open_trusted_directory(FdRef directory, ZString path, int flags = 0);

/// The content of a regular file that passes check_trusted, opened without following a symbolic
/// link and without blocking. ENOENT in the error's code if it does not exist; an error of kind
/// state if it is longer than the limit.
Result<std::string> read_trusted_file(FdRef directory, ZString name, std::size_t limit);

}  // namespace crux::sys
