#pragma once

#include <string>
#include <string_view>

#include "oci-spec/features.h"

namespace crux::cmd {

/// The version alone: "1.2.3".
std::string_view version_number();

/// What --version prints: "crux version 1.2.3", then "key: value" lines, none of which has the word
/// "version" again (callers look for it). A program that is started as runc says "runc version",
/// since some callers of that name accept no other first word.
std::string version_text(std::string_view program);

/// What the features document tells of this build.
oci::Build this_build();

}  // namespace crux::cmd
