#pragma once

#include <cstdint>
#include <string_view>

namespace crux::cmd {

/// What follows a flag on the command line.
enum class Takes : std::uint8_t {
    nothing,  ///< a switch: --flag or --flag=BOOL; never takes the next word
    text,     ///< a string; the last one is used
    number,   ///< an integer in Go's notation (decimal, 0x, 0o, 0b); the last one is used
    texts,    ///< a string that may be repeated; all are used, commas do not separate
};

enum class Hidden : bool { no, yes };

/// One flag of a command. Parser, help and completion scripts use it.
struct Flag {
    std::string_view name;                  ///< the long name, without dashes
    std::string_view letters;               ///< one-letter spellings; help shows the first
    Takes takes = Takes::nothing;           ///< its kind of value
    Hidden hidden = Hidden::no;             ///< accepted for old callers, not shown
    std::string_view initial;               ///< the value when it is not given
    std::string_view help;                  ///< one line for the help text
    std::string_view value_name = "value";  ///< name of the value in the help text
};

/// The flag that the program and every command have in addition to their own.
inline constexpr Flag kHelpFlag = {.name = "help", .letters = "h", .help = "show this help"};

/// Whether flags may follow the first argument.
enum class Order : std::uint8_t {
    anywhere,          ///< flags may be anywhere before "--"
    before_arguments,  ///< from the first argument on, all words are arguments
};

}  // namespace crux::cmd
