#pragma once

#include <string>
#include <vector>

#include "tests/support/bundle.h"
#include "tests/support/command.h"

namespace crux::test {

/// What the bundle's program prints when it is run; checks that it ends well and says nothing else.
std::string output_of(Bundle& bundle, const std::vector<std::string>& options = {},
                      const CommandOptions& more = {});

/// Checks that create fails, that its sentence holds this part, and that no container stays.
void create_refused(Bundle& bundle, const std::string& part);

/// Lines of /proc/PID/mountinfo by mount point, as a map from it to "attributes optional-fields -
/// type source superblock-options" of the topmost mount there.
std::vector<std::pair<std::string, std::string>> mounts_in(const std::string& mountinfo);
/// The topmost mount at this point in a mountinfo text, as above; "" where there is none.
std::string mount_at(const std::string& mountinfo, const std::string& point);

}  // namespace crux::test
