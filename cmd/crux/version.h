#pragma once

#include <string>
#include <string_view>

#include "oci-spec/features.h"

namespace crux::cmd {

/// The version alone: "1.2.3".
std::string_view version_number();

/// The output of --version: "crux version 1.2.3", then "key: value" lines without the word
/// "version", because callers search for it. If the program is started as runc, the output starts
/// with "runc version", because some callers of that name accept no other first word.
std::string version_text(std::string_view program);

/// The properties of this build in the features document.
oci::Build this_build();

}  // namespace crux::cmd
