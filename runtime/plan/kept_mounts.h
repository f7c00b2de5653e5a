#pragma once

#include <span>
#include <string_view>

#include "runtime/plan/layout.h"

namespace crux::plan {

/// Sets kKept in each step that makes a mount at or above a path of a later step. Init keeps the
/// descriptors of these mounts, and no others: their number is limited (RLIMIT_NOFILE).
void mark_kept_mounts(std::span<Step> steps, std::string_view pool);

}  // namespace crux::plan
