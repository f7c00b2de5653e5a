#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oci-spec/types.h"

namespace crux::oci {

/// What the features document tells of this build beyond the vocabularies.
struct Build {
    std::string version;             ///< "0.1.0"
    std::string commit;              ///< empty: not told
    std::string libseccomp_version;  ///< "2.5.4"; empty: not told
    /// The filter flags that this libseccomp can set; absent: all that are known.
    std::optional<std::vector<SeccompFlag>> seccomp_flags;
    bool systemd = true;      ///< the systemd cgroup driver is part of the build
    bool checkpoint = false;  ///< checkpoint and restore are
};

/// The features document (features.md, features-linux.md): made of the vocabularies.
/// Four spaces of indentation, line end at the end.
std::string features_json(const Build& build);

}  // namespace crux::oci
