#pragma once

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/seccomp/bpf_program.h"
#include "runtime/sys/handle.h"

namespace crux::seccomp {

/// The name of the cache directory below the state root: not a valid container id.
inline constexpr const char* kCacheDirectory = "seccomp:cache";

/// The maximum number of entries; storing another one removes those with the oldest use.
inline constexpr std::size_t kMaxCacheEntries = 64;

/// Opens the cache directory below the state root, and makes it (mode 0700) if it is missing.
Result<sys::Fd> open_cache(sys::FdRef state_root);

/// Like compile, but takes the program from the directory if an equal profile was compiled before
/// by the same libseccomp on the same kernel, and else stores it there. The directory is used only
/// if the caller's effective user owns it and no other user may enter it; an entry that is damaged,
/// or owned by another user, is replaced. A problem with the cache never fails the call: it is
/// reported in BpfProgram::cache_warning.
Result<BpfProgram> compile_cached(const oci::Seccomp& profile, sys::FdRef cache_directory);

}  // namespace crux::seccomp
