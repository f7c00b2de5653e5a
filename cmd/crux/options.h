#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/crux/flag.h"
#include "runtime/base/error.h"

namespace crux::cmd {

/// The flags of one command line, by name. Asking for a name that its table does not have is a
/// fault of the program and ends it.
class Options {
 public:
    /// True if the switch is on.
    [[nodiscard]] bool on(std::string_view name) const;
    /// The last value given, else the table's initial one.
    [[nodiscard]] const std::string& text(std::string_view name) const;
    /// The last number given, else the table's initial one (0 where it has none).
    [[nodiscard]] std::int64_t number(std::string_view name) const;
    /// All values given, in order.
    [[nodiscard]] const std::vector<std::string>& texts(std::string_view name) const;
    /// True if the flag stood on the command line, whatever its value.
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

/// A command line, read.
struct CommandLine {
    Options options;
    std::vector<std::string> arguments;
    bool help = false;  ///< --help was given: options and arguments do not matter
};

/// Reads the words behind a program or command name. Failures have kind usage and the sentences
/// that normalise() documents.
Result<CommandLine> read_line(std::span<const Flag> flags, std::span<const char* const> words,
                              Order order);

}  // namespace crux::cmd
