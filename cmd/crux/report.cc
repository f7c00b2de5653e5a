#include "cmd/crux/report.h"

#include <fcntl.h>
#include <poll.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>

#include "cmd/crux/output.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

/// A write error is ignored: there is no other place to report it.
void write_entry(int file, std::string_view text) {
    (void)write_all(file, "log", text);
}

/// The local time in RFC 3339 format, in seconds: callers parse it strictly.
std::string time_now() {
    // lint: allow clock: it is only shown.
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    if (localtime_r(&now, &parts) == nullptr) gmtime_r(&now, &parts);
    char text[32];
    const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &parts);
    std::string out(text, length);
    if (out.ends_with("+0000")) return out.substr(0, out.size() - 5) + 'Z';
    return out.insert(out.size() - 2, ":");
}

long seconds_since_start() {
    using Clock = std::chrono::steady_clock;
    static const Clock::time_point start = Clock::now();
    return std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - start).count();
}

int system_priority(Reporter::Level level) {
    switch (level) {
        case Reporter::Level::error:
            return LOG_ERR;
        case Reporter::Level::warning:
            return LOG_WARNING;
        case Reporter::Level::info:
            return LOG_INFO;
        case Reporter::Level::debug:
            return LOG_DEBUG;
    }
    return LOG_ERR;
}

/// Removes the prefix from the text if the text has it.
bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

/// logrus does not quote words of these characters.
bool is_plain(std::string_view text) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/@^+";
    return text.find_first_not_of(kPlain) == std::string_view::npos;
}

std::string word(std::string_view text) {
    return is_plain(text) ? std::string(text) : quoted(text);
}

/// The place in the source code, relative to the top directory.
oci::LogCaller caller_of(const Reporter::Location& from) {
    std::string_view file = from.file_name();
    const std::size_t folder = file.rfind("cmd/crux/");
    if (folder != std::string_view::npos) file.remove_prefix(folder);
    return {from.function_name(), cat(file, ':', from.line())};
}

/// What programs are told of the error, in parts that live as long as it.
oci::LogError told_of(const Error& error) {
    const ReasonInfo& info = reason_info(error.reason());
    const char* name = error.number() > 0 ? ::strerrorname_np(error.number()) : nullptr;
    std::vector<std::string> causes = error.causes();
    for (std::string& cause : causes) cause = shortened(cause);
    return {.code = info.word,
            .phase = info.phase,
            .pointer = error.pointer(),
            .call = error.failed_call(),
            .errno_name = name == nullptr ? std::string_view() : std::string_view(name),
            .hint = info.hint,
            .causes = std::move(causes)};
}

/// Opens the log file. A FIFO without a reader is opened again until it has one, for at most 5 s.
int open_log(const std::string& path) {
    constexpr int kTries = 500;
    constexpr int kPauseMs = 10;
    int file = -1;
    for (int tries = 0; tries < kTries; ++tries) {
        file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_SYNC | O_CLOEXEC | O_NONBLOCK,
                      0644);
        if (file >= 0 || errno != ENXIO) break;
        (void)::poll(nullptr, 0, kPauseMs);
        errno = ENXIO;
    }
    return file;
}

}  // namespace

std::string_view level_word(Reporter::Level level) {
    switch (level) {
        case Reporter::Level::error:
            return "error";
        case Reporter::Level::warning:
            return "warning";
        case Reporter::Level::info:
            return "info";
        case Reporter::Level::debug:
            return "debug";
    }
    return "error";
}

std::string text_entry(Reporter::Level level, std::string_view sentence, std::string_view time,
                       const oci::LogCaller& caller) {
    std::string entry =
        cat("time=", quoted(time), " level=", level_word(level), " msg=", word(sentence));
    if (!caller.function.empty())
        entry += cat(" func=", word(caller.function), " file=", word(caller.file));
    return entry + '\n';
}

std::string terminal_entry(Reporter::Level level, std::string_view sentence, long seconds) {
    struct Look {
        std::string_view word;
        int colour;
    };
    constexpr Look kLooks[] = {{"ERRO", 31}, {"WARN", 33}, {"INFO", 36}, {"DEBU", 37}};
    const Look& look = kLooks[static_cast<std::size_t>(level)];
    std::string count = std::to_string(seconds);
    count.insert(0, count.size() < 4 ? 4 - count.size() : 0, '0');
    return cat("\x1b[", look.colour, 'm', look.word, "\x1b[0m[", count, "] ",
               plain_entry(sentence));
}

std::string plain_entry(std::string_view sentence) {
    return shortened(one_line(shortened(sentence))) + '\n';
}

Reporter::~Reporter() {
    if (file_ >= 0) ::close(file_);
}

Status Reporter::open(std::string_view sink, std::string_view format, Level least) {
    if (!format.empty() && format != "text" && format != "json")
        return fail(Error::Kind::usage, cat("invalid log-format: ", format));
    Sink chosen = Sink::standard_error;
    if (take_prefix(sink, "journald:") || take_prefix(sink, "syslog:")) {
        chosen = Sink::system_log;
        name_ = sink;
        // At once: exec and others cannot open a socket later (runtime/privilege).
        ::openlog(name_.c_str(), LOG_PID | LOG_NDELAY, LOG_DAEMON);
    } else if (!sink.empty()) {
        chosen = Sink::file;
        take_prefix(sink, "file:");
        const std::string path(sink);
        const int file = open_log(path);
        if (file < 0) return fail(Error::Kind::os, cat("open ", path, ": ", errno_words(errno)));
        if (file_ >= 0) ::close(file_);
        file_ = file;
    }
    sink_ = chosen;
    format_ = format == "json" ? Format::json : Format::text;
    least_ = least;
    return {};
}

Status Reporter::set_error_format(std::string_view format) {
    if (format != "text" && format != "json")
        return fail(Error::Kind::usage,
                    cat("invalid error-format: ", quoted(format), ": must be text or json"));
    error_format_ = format == "json" ? Format::json : Format::text;
    return {};
}

std::string Reporter::json_entry(Level level, std::string_view sentence, const Location& from,
                                 const oci::LogError* error) const {
    const oci::LogCaller caller = debugging() ? caller_of(from) : oci::LogCaller{};
    return oci::log_line(level_word(level), sentence, time_now(), caller, error);
}

void Reporter::write(Level level, std::string_view whole, const Location& from,
                     const oci::LogError* error) {
    if (level > least_) return;
    const std::string sentence = shortened(whole);
    if (sink_ == Sink::system_log) {
        ::syslog(system_priority(level), "%s", one_line(sentence).c_str());
        return;
    }
    const int file = sink_ == Sink::file ? file_ : STDERR_FILENO;
    if (format_ == Format::json)
        write_entry(file, json_entry(level, sentence, from, error));
    else if (sink_ == Sink::standard_error && ::isatty(STDERR_FILENO) == 1)
        write_entry(file, terminal_entry(level, sentence, seconds_since_start()));
    else
        write_entry(file, text_entry(level, sentence, time_now(),
                                     debugging() ? caller_of(from) : oci::LogCaller{}));
}

void Reporter::error(const Error& error, std::string_view prefix, const Location& from) {
    const std::string sentence = cat(prefix, error.message());
    const oci::LogError told = told_of(error);
    const bool as_json = error_format_ == Format::json;
    if (sink_ != Sink::standard_error || !as_json) write(Level::error, sentence, from, &told);
    if (as_json)
        write_entry(STDERR_FILENO, json_entry(Level::error, shortened(sentence), from, &told));
    else if (sink_ != Sink::standard_error)
        write_entry(STDERR_FILENO, plain_entry(sentence));
}

void Reporter::warning(std::string_view sentence, const Location& from) {
    write(Level::warning, sentence, from);
}

void Reporter::info(std::string_view sentence, const Location& from) {
    write(Level::info, sentence, from);
}

void Reporter::debug(std::string_view sentence, const Location& from) {
    write(Level::debug, sentence, from);
}

void aside(std::string_view sentence) {
    write_entry(STDERR_FILENO, plain_entry(sentence));
}

}  // namespace crux::cmd
