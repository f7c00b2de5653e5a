#include "cmd/crux/help.h"

#include <algorithm>
#include <vector>

#include "cmd/crux/version.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

struct Row {
    std::string left;
    std::string right;
};

/// Two columns; the right one is aligned.
std::string table(const std::vector<Row>& rows) {
    std::size_t width = 0;
    for (const Row& row : rows) width = std::max(width, row.left.size());
    std::string out;
    for (const Row& row : rows)
        out += cat("   ", row.left, std::string(width - row.left.size() + 2, ' '), row.right, '\n');
    return out;
}

/// "--bundle value, -b value"
std::string spellings(const Flag& flag) {
    const std::string value = flag.takes == Takes::nothing ? "" : cat(' ', flag.value_name);
    std::string out = cat("--", flag.name, value);
    if (!flag.letters.empty()) out += cat(", -", flag.letters.front(), value);
    return out;
}

Row row_of(const Flag& flag) {
    std::string help(flag.help);
    if (flag.takes == Takes::texts) help += " (may be repeated)";
    if (!flag.initial.empty()) help += cat(" (default: ", flag.initial, ')');
    return {spellings(flag), help};
}

std::string table_of(std::span<const Flag> flags) {
    std::vector<Row> rows;
    for (const Flag& flag : flags)
        if (flag.hidden == Hidden::no) rows.push_back(row_of(flag));
    rows.push_back(row_of(kHelpFlag));
    return table(rows);
}

std::string indented(std::string_view text) {
    std::string out;
    for (const std::string_view line : split(text, '\n'))
        out += line.empty() ? "\n" : cat("   ", line, '\n');
    return out;
}

}  // namespace

std::string program_help(std::string_view program, std::span<const Flag> flags,
                         std::span<const Command* const> commands) {
    std::vector<Row> rows;
    for (const Command* command : commands)
        rows.push_back({std::string(command->name), std::string(command->usage)});
    rows.push_back({"help, h", "show help for crux or for one command"});
    return cat(
        "NAME:\n   ", program, " - Open Container Initiative runtime\n\n",
        indented("Create and run containers from bundles. A bundle is a directory that contains "
                 "config.json\nand the root filesystem that it names. Typical use:\n\n"
                 "    cd bundle && crux run NAME\n\n"
                 "NAME is the ID of the container. It must be unique in the state directory."),
        "\nUSAGE:\n   ", program,
        " [global options] command [command options] [arguments...]\n\nVERSION:\n   ",
        version_number(), "\n\nCOMMANDS:\n", table(rows), "\nGLOBAL OPTIONS:\n", table_of(flags));
}

std::string command_help(std::string_view program, const Command& command) {
    std::string out = cat("NAME:\n   ", program, ' ', command.name, " - ", command.usage,
                          "\n\nUSAGE:\n   ", program, ' ', command.name, " [command options]");
    if (!command.arguments.empty()) out += cat(' ', command.arguments);
    out += '\n';
    if (!command.description.empty()) out += cat("\nDESCRIPTION:\n", indented(command.description));
    return out + cat("\nOPTIONS:\n", table_of(command.flags));
}

}  // namespace crux::cmd
