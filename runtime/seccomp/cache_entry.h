#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oci-spec/types.h"
#include "runtime/seccomp/filter.h"
#include "runtime/seccomp/sha256.h"

/// The entries of the cache, as bytes. Makes no system call. For this directory only.
namespace crux::seccomp {

/// The maximum size of an entry in bytes.
inline constexpr std::size_t kMaxEntryBytes = std::size_t{256} << 10U;

/// The name of a compiled profile: a digest of everything that the filter depends on, which is the
/// profile's actions, architectures and rules in their order, the version of libseccomp, the native
/// architecture, the kernel's release and the version of this code. Profiles that could give
/// different filters have different names.
Sha256::Digest cache_key(const oci::Seccomp& profile, std::string_view kernel_release);

/// The content of an entry: a header with the key, the lengths and a checksum, then instructions
/// and names.
std::string encode_entry(const Sha256::Digest& key, const Filter& filter);

/// The filter in the content, or nothing if the content is not exactly what encode_entry made for
/// the key.
std::optional<Filter> decode_entry(const Sha256::Digest& key, std::string_view content);

}  // namespace crux::seccomp
