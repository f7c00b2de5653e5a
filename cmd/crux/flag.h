#pragma once

#include <cstdint>
#include <string_view>

namespace crux::cmd {

/// What follows a flag on the command line.
enum class Takes : std::uint8_t {
    nothing,  ///< a switch: the flag alone, or --flag=BOOL; never swallows the next word
    text,     ///< one text; of several the last counts
    number,   ///< one integer in Go's notation (decimal, 0x, 0o, 0b); of several the last counts
    texts,    ///< a text each time it is given; all count, commas are not separators
};

enum class Hidden : bool { no, yes };

/// One flag of a command: drives the parser, the help text and the completions.
struct Flag {
    std::string_view name;                  ///< the long name, without dashes
    std::string_view letters;               ///< one-letter spellings; help shows the first
    Takes takes = Takes::nothing;           ///< what follows it
    Hidden hidden = Hidden::no;             ///< accepted for old callers, not shown
    std::string_view initial;               ///< the value when it is not given
    std::string_view help;                  ///< one line for the help text
    std::string_view value_name = "value";  ///< what help calls its value
};

/// The flag that the program and every command have besides their own.
inline constexpr Flag kHelpFlag = {.name = "help", .letters = "h", .help = "show this help"};

/// Whether flags may stand after the first argument.
enum class Order : std::uint8_t {
    anywhere,          ///< a flag is one wherever it stands, up to "--"
    before_arguments,  ///< everything from the first argument on belongs to somebody else
};

}  // namespace crux::cmd
