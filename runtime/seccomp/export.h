#pragma once

#include <seccomp.h>

#include <vector>

#include "runtime/base/error.h"
#include "runtime/seccomp/program.h"

namespace crux::seccomp {

/// Lets libseccomp generate the filter's instructions and puts them behind those there are. For
/// this folder only.
Status append_filter(scmp_filter_ctx context, std::vector<Instruction>& code);

}  // namespace crux::seccomp
