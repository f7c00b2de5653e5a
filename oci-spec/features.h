#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oci-spec/types.h"

namespace crux::oci {

/// The properties of this build in the features document, in addition to the vocabularies.
struct Build {
    std::string version;             ///< "0.1.0"
    std::string commit;              ///< empty: omitted
    std::string libseccomp_version;  ///< "2.5.4"; empty: omitted
    /// The filter flags that this libseccomp supports; absent: all known flags.
    std::optional<std::vector<SeccompFlag>> seccomp_flags;
    bool systemd = true;      ///< the systemd cgroup driver is part of the build
    bool checkpoint = false;  ///< checkpoint and restore are
};

/// The features document (features.md, features-linux.md), generated from the vocabularies,
/// indented by four spaces, with a newline at the end.
std::string features_json(const Build& build);

}  // namespace crux::oci
