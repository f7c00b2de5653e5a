#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "oci-spec/types.h"

/// The annotations that change what crux does (docs/config.md, Extensions).
namespace crux::oci {

/// The prefix of their names.
inline constexpr std::string_view kOurAnnotations = "org.cruxruntime.";
inline constexpr std::string_view kLandlockAnnotation = "org.cruxruntime.landlock";
inline constexpr std::string_view kCoreSchedulingAnnotation = "org.cruxruntime.core-scheduling";
inline constexpr std::string_view kRootIdmapAnnotation = "org.cruxruntime.rootfs.idmap";

/// crun's annotations: some have the same effect in crux (docs/config.md, annotations).
inline constexpr std::string_view kCrunAnnotations = "run.oci.";
inline constexpr std::string_view kKeepGroupsAnnotation = "run.oci.keep_original_groups";
inline constexpr std::string_view kUnknownCallsAnnotation = "run.oci.seccomp_fail_unknown_syscall";
inline constexpr std::string_view kSubgroupAnnotation = "run.oci.systemd.subgroup";

/// A right of landlock(7), its name in config.json, and the ABI version that introduced it.
struct LandlockRight {
    std::string_view name;
    std::uint64_t bit;
    int abi;
};

/// The ABI version of an annotation without an entry "abi=N".
inline constexpr int kLandlockDefaultAbi = 3;

/// The rights of the ABI versions 1 to 5, lowest bit first.
[[nodiscard]] std::span<const LandlockRight> landlock_rights();

/// The Linux version that introduced this ABI version of Landlock: "6.2" for 3.
[[nodiscard]] std::string_view landlock_kernel(int abi);

/// Parses "RIGHTS:PATH; RIGHTS:PATH…". A separate entry "abi=N" selects another set of restricted
/// rights than the default. `fault` is set to the error, or stays empty.
[[nodiscard]] Landlock parse_landlock(std::string_view text, std::string& fault);

}  // namespace crux::oci
