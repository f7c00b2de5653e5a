#pragma once

#include <string>

namespace crux::test {

/// Skips unless this process is root and `criu check` reports that CRIU works with this kernel.
void need_criu();
/// Skips unless CRIU has what `criu check` does not test, by CRIU's own name for it.
void need_criu_feature(const std::string& feature);

}  // namespace crux::test
