// Command lines of crux and of crux-net: one word in each line. A line of crux is read with the
// tables of the program and of the command that it names; what was read, written as flags and read
// again, is the same.

#include <algorithm>
#include <string>

#include "cmd/crux-net/arguments.h"
#include "cmd/crux/arguments.h"
#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"
#include "cmd/crux/criu_flags.h"
#include "cmd/crux/exec_options.h"
#include "cmd/crux/program.h"
#include "cmd/crux/resources.h"
#include "cmd/crux/sizes.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace crux;

using Words = std::vector<const char*>;

Words pointers(const std::vector<std::string>& words) {
    Words out;
    for (const std::string& word : words) out.push_back(word.c_str());
    return out;
}

template <class T>
void check(const Result<T>& result) {
    if (!result) hold(!result.error().message().empty());
}

void check_again(std::span<const cmd::Flag> flags, const cmd::Normalised& line) {
    std::vector<std::string> words = line.flags;
    words.emplace_back("--");
    words.insert(words.end(), line.arguments.begin(), line.arguments.end());
    const auto again = cmd::normalise(flags, pointers(words), cmd::Order::anywhere);
    hold(again.has_value());
    hold(again->flags == line.flags && again->arguments == line.arguments);
}

/// The line of the program or of a command; nothing after an error.
std::optional<cmd::CommandLine> read(std::span<const cmd::Flag> flags, const Words& words,
                                     cmd::Order order) {
    const auto normalised = cmd::normalise(flags, words, order);
    auto line = cmd::read_line(flags, words, order);
    check(normalised);
    check(line);
    if (!normalised || !line) return std::nullopt;
    check_again(flags, *normalised);
    hold(line->arguments == normalised->arguments);
    return std::move(*line);
}

bool has(const cmd::Command& command, std::string_view name) {
    return std::ranges::find(command.flags, name, &cmd::Flag::name) != command.flags.end();
}

/// What the commands make of the values, where this opens no file.
void check_values(const cmd::Command& command, const cmd::Options& options) {
    if (has(command, "preserve-fds")) check(cmd::preserved_descriptors(options));
    if (has(command, "page-server")) {
        container::CriuOptions criu;
        check(cmd::take_page_server(options.text("page-server"), criu));
        hold(criu.page_server_port >= 0 && criu.page_server_port <= 65535);
    }
    if (has(command, "resources") && options.text("resources").empty()) {
        std::vector<std::string> warnings;
        check(cmd::take_resources(options, warnings));
        hold(warnings.size() <= 1);
    }
    if (has(command, "interval")) check(cmd::parse_duration(options.text("interval")));
    if (has(command, "user")) check(cmd::parse_user(options.text("user")));
    if (has(command, "additional-gids"))
        for (const std::string& gid : options.texts("additional-gids"))
            check(cmd::parse_additional_gid(gid));
}

void check_crux(const Words& words) {
    const auto global = read(cmd::global_flags(), words, cmd::Order::before_arguments);
    if (!global) return;
    check(cmd::cgroup_manager(global->options));
    check(cmd::is_rootless(global->options.text("rootless"), {}));
    const auto path = cmd::absolute_path(global->options.text("root"));
    hold(path && path->starts_with('/') && cat(*path, '/').find("/../") == std::string::npos);
    if (global->arguments.empty()) return;
    for (const cmd::Command* command : cmd::all_commands()) {
        if (command->name != global->arguments[0]) continue;
        const Words rest(words.end() - static_cast<std::ptrdiff_t>(global->arguments.size() - 1),
                         words.end());
        if (const auto line = read(command->flags, rest, command->order))
            check_values(*command, line->options);
    }
}

void check_values(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        if (const auto size = cmd::parse_size(word)) hold(*size >= 0);
        check(cmd::parse_duration(word));
        check(cmd::parse_user(word));
        if (const auto signal = oci::parse_signal(word))
            hold(*signal >= 0 && *signal <= oci::kSignalMax);
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::vector<std::string> words;
    // A word of a command line has no NUL.
    for (const std::string_view word : split(text_of(bytes, size), '\n'))
        words.emplace_back(word.substr(0, word.find('\0')));
    check_values(words);
    check_crux(pointers(words));
    check(net::read_options(words));
    return 0;
}
