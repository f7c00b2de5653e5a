#pragma once

#include <string>
#include <vector>

#include "cmd/crux/options.h"
#include "oci-spec/types.h"
#include "runtime/base/error.h"

namespace crux::cmd {

/// The limits of the flags of update, or those of the file of --resources ("-" is standard input).
Result<oci::Resources> take_resources(const Options& given, std::vector<std::string>& warnings);

}  // namespace crux::cmd
