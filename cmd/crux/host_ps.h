#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"

namespace crux::cmd {

/// The output of the host's ps(1), found in $PATH, for these arguments. If it fails, the error has
/// its exit status and its output. A ps that has not exited after `limit` is killed, which is an
/// error.
Result<std::string> host_ps(std::span<const std::string> words,
                            std::chrono::milliseconds limit = std::chrono::seconds(60));

/// The heading of ps's output and the lines whose PID column is one of the processes. Without such
/// a column the error is "couldn't find PID field in ps output".
Result<std::string> lines_of_processes(std::string_view output, const std::vector<int>& processes);

}  // namespace crux::cmd
