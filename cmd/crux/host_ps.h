#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"

namespace crux::cmd {

/// What ps(1) of the host prints when it is called with these words, found by $PATH. An error where
/// it fails: its exit status and all that it said.
Result<std::string> host_ps(std::span<const std::string> words);

/// The headings of ps's output and those of its lines whose PID column names one of the processes.
/// "couldn't find PID field in ps output" where there is no such column.
Result<std::string> lines_of_processes(std::string_view output, const std::vector<int>& processes);

}  // namespace crux::cmd
