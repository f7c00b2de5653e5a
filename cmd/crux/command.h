#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/crux/flag.h"
#include "cmd/crux/options.h"
#include "cmd/crux/output.h"
#include "cmd/crux/report.h"
#include "cmd/crux/state_root.h"
#include "runtime/base/error.h"

namespace crux::cmd {

/// One use of a command: what the command line says, read and counted.
struct Call {
    const Options& global;                      ///< the flags before the command's name
    const Options& options;                     ///< the command's own
    const std::vector<std::string>& arguments;  ///< as many as the command's table allows
    const StateRootChoice& root;                ///< where the state of containers is kept
    Reporter& report;
    /// What to tell besides the result. Printed after a success; a failure is reported alone, as
    /// callers read the log as one object.
    std::vector<std::string>& warnings;
};

inline constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

/// A command as a table: what it is called, takes and does. Help, parsing and completion are all
/// made from it.
struct Command {
    std::string_view name;
    std::string_view usage;        ///< half a sentence for the list of commands
    std::string_view arguments;    ///< what stands behind the flags in the help text
    std::string_view description;  ///< more for the command's own help
    std::span<const Flag> flags;
    std::size_t least = 0;  ///< least number of arguments
    std::size_t most = 0;   ///< greatest number, or kAnyNumber
    Order order = Order::anywhere;
    std::string_view failure;  ///< what stands before the reason of a failure
    int failure_code = 1;      ///< exit code when run() fails
    bool stateless = false;    ///< has nothing to do with the state root, which is then not made
    /// Does it. The value is the program's exit code.
    Result<int> (*run)(Call& call) = nullptr;
};

}  // namespace crux::cmd
