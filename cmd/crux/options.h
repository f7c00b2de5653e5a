#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/crux/flag.h"
#include "runtime/base/error.h"

namespace crux::cmd {

/// The flags of one command line, by name. A name that is not in the table is a bug and aborts the
/// program.
class Options {
 public:
    /// True if the switch is on.
    [[nodiscard]] bool on(std::string_view name) const;
    /// The last value on the command line, or else the initial value of the table.
    [[nodiscard]] const std::string& text(std::string_view name) const;
    /// The last number on the command line, or else the initial value of the table (or 0).
    [[nodiscard]] std::int64_t number(std::string_view name) const;
    /// All values on the command line, in order.
    [[nodiscard]] const std::vector<std::string>& texts(std::string_view name) const;
    /// True if the flag is on the command line, whatever its value.
    [[nodiscard]] bool given(std::string_view name) const;

 private:
    friend struct Reader;
    struct Entry {
        std::string_view name;
        std::string initial;
        std::vector<std::string> values;
    };
    [[nodiscard]] const Entry& entry(std::string_view name) const;
    std::vector<Entry> entries_;
};

/// A parsed command line.
struct CommandLine {
    Options options;
    std::vector<std::string> arguments;
    bool help = false;  ///< --help was given: options and arguments are not used
};

/// Parses the words after a program or command name. Fails as normalise() does.
Result<CommandLine> read_line(std::span<const Flag> flags, std::span<const char* const> words,
                              Order order);

}  // namespace crux::cmd
