#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "oci-spec/types.h"

/// The annotations that change what crux does (docs/config.md, Extensions).
namespace crux::oci {

/// How the names of all of them begin.
inline constexpr std::string_view kOurAnnotations = "org.cruxruntime.";
inline constexpr std::string_view kLandlockAnnotation = "org.cruxruntime.landlock";
inline constexpr std::string_view kCoreSchedulingAnnotation = "org.cruxruntime.core-scheduling";
inline constexpr std::string_view kRootIdmapAnnotation = "org.cruxruntime.rootfs.idmap";

/// A right of landlock(7) by its name in config.json, and the ABI version that brought it.
struct LandlockRight {
    std::string_view name;
    std::uint64_t bit;
    int abi;
};

/// The ABI version whose rights an annotation restricts that names none.
inline constexpr int kLandlockDefaultAbi = 3;

/// The rights of the ABI versions 1 to 5, lowest bit first.
[[nodiscard]] std::span<const LandlockRight> landlock_rights();

/// The Linux version that has this ABI version of Landlock's file system rights: "6.2" for 3.
[[nodiscard]] std::string_view landlock_kernel(int abi);

/// Reads "RIGHTS:PATH; RIGHTS:PATH…", with "abi=N" as an entry of its own to ask for another set of
/// restricted rights than the default one's. What is wrong with the text is said in `fault`, which
/// stays empty otherwise.
[[nodiscard]] Landlock parse_landlock(std::string_view text, std::string& fault);

}  // namespace crux::oci
