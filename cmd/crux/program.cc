#include "cmd/crux/program.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "cmd/crux/help.h"
#include "cmd/crux/version.h"
#include "runtime/base/suggest.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

constexpr int kFailed = 1;
constexpr int kUnknownCommand = 3;

constexpr Flag kGlobalFlags[] = {
    {.name = "debug", .help = "enable debug logging"},
    {.name = "log",
     .takes = Takes::text,
     .help = "append log messages to this file, or send them to journald:NAME or syslog:NAME "
             "(default: standard error)"},
    {.name = "log-format",
     .takes = Takes::text,
     .initial = "text",
     .help = "set the log format: text, or json for one object per line"},
    {.name = "log-level",
     .takes = Takes::text,
     .initial = "warning",
     .help = "set the lowest level of messages to log: error, warning, info or debug"},
    {.name = "error-format",
     .takes = Takes::text,
     .initial = "text",
     .help = "set the format of errors on standard error: text, or json with a code, the place and "
             "the causes"},
    {.name = "root",
     .takes = Takes::text,
     .help = "set the state directory of the containers, which should be on a tmpfs (default: "
             "/run/crux, or $XDG_RUNTIME_DIR/crux for unprivileged users; started as runc: "
             "/run/runc, $XDG_RUNTIME_DIR/runc)"},
    {.name = "systemd-cgroup",
     .help = "manage cgroups with systemd; cgroupsPath must then be slice:prefix:name"},
    {.name = "cgroup-manager",
     .takes = Takes::text,
     .help =
         "set the cgroup manager: systemd (the same as --systemd-cgroup), cgroupfs or disabled"},
    {.name = "strict-resources",
     .help = "fail if the host cannot apply a memory swappiness, a disabled OOM killer or a block "
             "I/O weight, instead of a warning"},
    {.name = "rootless",
     .takes = Takes::text,
     .initial = "auto",
     .help = "ignore missing permissions on cgroups: true, false or auto"},
    {.name = "criu", .takes = Takes::text, .hidden = Hidden::yes, .help = "ignored"},
    {.name = "version", .letters = "vV", .help = "print the version"},
};

/// One run of the program.
class Program {
 public:
    Program(std::span<const Command* const> commands, std::span<const char* const> words)
        : commands_(commands), words_(words) {
        const std::string_view path = words.empty() ? "crux" : words.front();
        name_ = path.substr(path.rfind('/') + 1);
    }

    int run();

 private:
    int run_named(const Options& global, std::string_view name, std::span<const char* const> rest);
    int run_command(const Options& global, const Command& command,
                    std::span<const char* const> rest);
    int finish(const Command& command, const Result<int>& result,
               const std::vector<std::string>& warnings);
    int help_about(std::span<const char* const> topics);
    int refuse_command(std::string_view name);
    Status open_report(const Options& global);
    [[nodiscard]] Status check_count(const Command& command, std::size_t count) const;
    [[nodiscard]] const Command* find(std::string_view name) const;

    int say(std::string_view text);
    int refuse(const Error& error, std::string_view explanation);

    std::span<const Command* const> commands_;
    std::span<const char* const> words_;
    std::string_view name_;
    Reporter report_;
};

const Command* Program::find(std::string_view name) const {
    for (const Command* command : commands_)
        if (command->name == name) return command;
    return nullptr;
}

/// Prints the text and returns the exit status.
int Program::say(std::string_view text) {
    const Status printed = print(text);
    if (printed) return 0;
    report_.error(printed.error());
    return kFailed;
}

/// A usage error: the explanation and the help go to standard output, the error to the log.
int Program::refuse(const Error& error, std::string_view explanation) {
    say(explanation);
    report_.error(error);
    return kFailed;
}

int Program::run() {
    const std::span<const char* const> words = words_.empty() ? words_ : words_.subspan(1);
    const auto line = read_line(kGlobalFlags, words, Order::before_arguments);
    if (!line)
        return refuse(line.error(), cat("Incorrect Usage. ", plain_entry(line.error().message()),
                                        "\n", program_help(name_, kGlobalFlags, commands_)));
    if (line->help) return say(program_help(name_, kGlobalFlags, commands_));
    if (line->options.on("version")) return say(version_text(name_));

    const Status opened = open_report(line->options);
    if (!opened) {
        report_.error(opened.error());
        return kFailed;
    }
    if (line->arguments.empty()) return say(program_help(name_, kGlobalFlags, commands_));
    const std::span<const char* const> rest = words.last(line->arguments.size() - 1);
    return run_named(line->options, line->arguments.front(), rest);
}

Status Program::open_report(const Options& global) {
    const std::string& word = global.text("log-level");
    auto least = Reporter::Level::warning;
    if (global.on("debug") || word == "debug")
        least = Reporter::Level::debug;
    else if (word == "error")
        least = Reporter::Level::error;
    else if (word == "info")
        least = Reporter::Level::info;
    else if (word != "warning" && !word.empty())
        return fail(Error::Kind::usage,
                    cat("invalid log-level: ", word, ": must be error, warning, info or debug"));
    TRY(report_.set_error_format(global.text("error-format")));
    return report_.open(global.text("log"), global.text("log-format"), least);
}

int Program::run_named(const Options& global, std::string_view name,
                       std::span<const char* const> rest) {
    if (name == "help" || name == "h") return help_about(rest);
    if (const Command* command = find(name)) return run_command(global, *command, rest);
    return refuse_command(name);
}

int Program::refuse_command(std::string_view name) {
    std::vector<std::string_view> names = {"help"};
    for (const Command* command : commands_) names.push_back(command->name);
    report_.error(
        {Error::Kind::usage, cat("No help topic for '", name, "'", did_you_mean(name, names))});
    return kUnknownCommand;
}

int Program::help_about(std::span<const char* const> topics) {
    if (topics.empty()) return say(program_help(name_, kGlobalFlags, commands_));
    if (const Command* command = find(topics.front())) return say(command_help(name_, *command));
    return refuse_command(topics.front());
}

Status Program::check_count(const Command& command, std::size_t count) const {
    std::string_view rule;
    std::size_t limit = command.least;
    if (command.least == command.most && count != command.least) {
        rule = " requires exactly ";
    } else if (count < command.least) {
        rule = " requires a minimum of ";
    } else if (count > command.most) {
        rule = " requires a maximum of ";
        limit = command.most;
    } else {
        return {};
    }
    return fail(Error::Kind::usage,
                cat(words_.front(), ": ", quoted(command.name), rule, limit, " argument(s)"));
}

int Program::run_command(const Options& global, const Command& command,
                         std::span<const char* const> rest) {
    const auto line = read_line(command.flags, rest, command.order);
    if (!line)
        return refuse(line.error(), cat("Incorrect Usage: ", plain_entry(line.error().message()),
                                        "\n", command_help(name_, command)));
    if (line->help) return say(command_help(name_, command));
    const Status counted = check_count(command, line->arguments.size());
    if (!counted)
        return refuse(counted.error(), cat("Incorrect Usage.\n\n", command_help(name_, command)));

    const auto root = command.stateless ? Result<StateRootChoice>(StateRootChoice{})
                                        : find_root(global, Caller::here(name_));
    if (!root) {
        report_.error(root.error());
        return kFailed;
    }
    report_.debug(
        cat(command.name, ": state directory ", root->path, root->rootless ? ", rootless" : ""));
    std::vector<std::string> warnings;
    std::vector<std::string> notes;
    Call call{global, line->options, line->arguments, *root, report_, warnings, notes};
    const Result<int> result = command.run(call);
    if (result || report_.debugging())
        for (const std::string& note : notes) report_.info(note);
    return finish(command, result, warnings);
}

int Program::finish(const Command& command, const Result<int>& result,
                    const std::vector<std::string>& warnings) {
    // What exec writes to standard error, callers take for the program's output.
    const bool is_log_of_program =
        command.name == std::string_view("exec") && report_.is_standard_error();
    if ((result && !is_log_of_program) || report_.debugging())
        for (const std::string& warning : warnings) report_.warning(warning);
    if (result) return *result;
    report_.error(result.error(), command.failure);
    return command.failure_code;
}

/// If the caller closed descriptor 0, 1 or 2, the next file that crux opens would get its number.
void occupy_standard_descriptors() {
    for (int descriptor = 0; descriptor <= STDERR_FILENO; ++descriptor)
        if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF) (void)::open("/dev/null", O_RDWR);
}

}  // namespace

std::span<const Flag> global_flags() {
    return kGlobalFlags;
}

int run_program(std::span<const Command* const> commands, std::span<const char* const> words) {
    occupy_standard_descriptors();
    return Program(commands, words).run();
}

}  // namespace crux::cmd
