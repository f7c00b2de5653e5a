#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oci-spec/types.h"
#include "runtime/seccomp/filter.h"
#include "runtime/seccomp/sha256.h"

/// What is in the cache, as bytes. No system call is made here. For this folder only.
namespace crux::seccomp {

/// The largest entry that is written or read, in bytes.
inline constexpr std::size_t kMaxEntryBytes = std::size_t{256} << 10U;

/// The name of a compiled profile: a digest of everything that the filter depends on, which is the
/// profile's actions, architectures and rules in their order, libseccomp's version, the native
/// architecture, the kernel's release and the version of this code. Two profiles that could give
/// different filters never share a name.
Sha256::Digest cache_key(const oci::Seccomp& profile, std::string_view kernel_release);

/// The entry's content: a header with the key, the lengths and a checksum, then instructions and
/// names.
std::string encode_entry(const Sha256::Digest& key, const Filter& filter);

/// The filter in the content, or nothing when the content is not, byte for byte, what encode_entry
/// made for the key.
std::optional<Filter> decode_entry(const Sha256::Digest& key, std::string_view content);

}  // namespace crux::seccomp
