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

/// One call of a command: its parsed command line.
struct Call {
    const Options& global;                      ///< the flags before the command's name
    const Options& options;                     ///< the command's own
    const std::vector<std::string>& arguments;  ///< their number is within the command's limits
    const StateRootChoice& root;                ///< the state directory of the containers
    Reporter& report;
    /// Printed after a success only: a failure is the only entry of the log, because callers parse
    /// the log as one object.
    std::vector<std::string>& warnings;
    /// The same at the level info, before the warnings.
    std::vector<std::string>& notes;
};

inline constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

/// The description of a command. Help, parsing and completion are generated from it.
struct Command {
    std::string_view name;
    std::string_view usage;        ///< a short description for the list of commands
    std::string_view arguments;    ///< the arguments in the usage line of the help
    std::string_view description;  ///< the description in the command's help
    std::span<const Flag> flags;
    std::size_t least = 0;  ///< minimum number of arguments
    std::size_t most = 0;   ///< maximum number, or kAnyNumber
    Order order = Order::anywhere;
    std::string_view failure;  ///< prefix of the error message
    int failure_code = 1;      ///< exit status when run() fails
    bool stateless = false;    ///< does not use the state directory, which is then not created
    /// Runs the command. The value is the exit status of the program.
    Result<int> (*run)(Call& call) = nullptr;
};

}  // namespace crux::cmd
