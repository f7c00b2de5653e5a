#pragma once

#include <cstddef>
#include <span>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::launch {

/// Who may open the file of the init program.
enum class Readable : std::uint8_t {
    by_all,
    /// Who may run but not read it cannot trace it either, from its first instruction on: the
    /// kernel makes it undumpable as seen from every user namespace that does not own the file.
    /// That takes init's own files in /proc away from it, too.
    by_owner,
};

/// The init program in a memfd that nobody can change any more: a process that a container sees
/// must never run what the container could write (CVE-2019-5736). Where the kernel makes no
/// executable memfd (vm.memfd_noexec=2, Linux 6.3), in a file system in memory that is mounted
/// nowhere, which takes CAP_SYS_ADMIN.
Result<sys::Fd> init_image(Readable readable);

/// Bytes in a memfd that nobody can change any more.
Result<sys::Fd> sealed(const char* name, std::span<const std::byte> bytes, unsigned flags);

}  // namespace crux::launch
