#pragma once

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/seccomp/bpf_program.h"
#include "runtime/sys/handle.h"

namespace crux::seccomp {

/// The name of the cache's directory under the state root: no container can have it for an id.
inline constexpr const char* kCacheDirectory = "seccomp:cache";

/// The most entries that are kept; storing one more removes those unused for the longest time.
inline constexpr std::size_t kMaxCacheEntries = 64;

/// Opens, and makes if missing (mode 0700), the cache's directory under the state root.
Result<sys::Fd> open_cache(sys::FdRef state_root);

/// The same as compile, but takes the program from the directory if an equal profile was compiled
/// before by the same libseccomp on the same kernel, and stores it there otherwise. The directory
/// is used only if it belongs to the caller's effective user and nobody else may enter it; an entry
/// that is damaged, or that somebody else owns, is replaced. What keeps the cache from being used
/// or filled never fails the call: it is told in BpfProgram::cache_warning.
Result<BpfProgram> compile_cached(const oci::Seccomp& profile, sys::FdRef cache_directory);

}  // namespace crux::seccomp
