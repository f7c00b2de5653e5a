#pragma once

#include <string>
#include <vector>

#include "tests/support/bundle.h"
#include "tests/support/command.h"

namespace crux::test {

/// The output of the bundle's program; checks that it succeeds without other output.
std::string output_of(Bundle& bundle, const std::vector<std::string>& options = {},
                      const CommandOptions& more = {});

/// Checks that create fails with an error that contains this text, and that no container remains.
void create_refused(Bundle& bundle, const std::string& part);

/// Lines of /proc/PID/mountinfo as a map from the mount point to "attributes optional-fields - type
/// source superblock-options" of the topmost mount there.
std::vector<std::pair<std::string, std::string>> mounts_in(const std::string& mountinfo);
/// The topmost mount at this point in a mountinfo text, as above; "" if there is none.
std::string mount_at(const std::string& mountinfo, const std::string& point);

}  // namespace crux::test
