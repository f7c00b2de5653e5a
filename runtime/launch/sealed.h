#pragma once

#include <cstddef>
#include <span>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::launch {

/// Who can read the file of the init program.
enum class Readable : std::uint8_t {
    by_all,
    /// A process that can execute but not read the file is not dumpable, from its first
    /// instruction on, for every user namespace that does not own the file: it cannot be traced.
    /// Init then cannot open its own files in /proc either.
    by_owner,
};

/// The init program in a sealed memfd: a process that is visible in a container must never execute
/// a file that the container could write (CVE-2019-5736). If the kernel does not allow executable
/// memfds (vm.memfd_noexec=2, Linux 6.3), the file is on a detached tmpfs mount instead, which
/// requires CAP_SYS_ADMIN.
Result<sys::Fd> init_image(Readable readable);

/// Bytes in a sealed memfd, which cannot be changed.
Result<sys::Fd> sealed(const char* name, std::span<const std::byte> bytes, unsigned flags);

}  // namespace crux::launch
