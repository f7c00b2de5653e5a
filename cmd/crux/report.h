#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>

#include "oci-spec/runc/log_line.h"
#include "runtime/base/error.h"
#include "runtime/base/step_log.h"

namespace crux::cmd {

/// The log. Nothing else in crux prints an error: each is reported here once, as one entry of the
/// log, and if the log is not standard error, also there as plain text, because some callers read
/// the log and some read standard error. JSON entries of errors also have what docs/errors.md
/// lists.
class Reporter final : public StepLog {
 public:
    enum class Format : std::uint8_t { text, json };
    enum class Level : std::uint8_t { error, warning, info, debug };
    using Location = std::source_location;

    /// Until open() is called, errors and warnings go to standard error as text.
    Reporter() = default;
    ~Reporter() override;
    Reporter(const Reporter&) = delete;
    Reporter& operator=(const Reporter&) = delete;

    /// Sets the sink ("" for standard error, FILE or file:FILE to append to, journald:NAME or
    /// syslog:NAME for the system's log), the format ("text", "json" or "") and the lowest level to
    /// log. A missing file is created with mode 0644. A
    /// FIFO must have a reader within 5 s; entries are lost while it is full. A failure changes
    /// nothing.
    Status open(std::string_view sink, std::string_view format, Level least);

    /// Sets the format of errors on standard error: "text" (a plain line), or "json" (the entry of
    /// a JSON log, whatever the log is and has).
    Status set_error_format(std::string_view format);

    // Each message is one line of at most kMessageMax bytes, in which control characters are
    // escaped. If debug messages are enabled, entries also contain the place in the source code.

    /// Reports why the program fails; the prefix is the command's.
    void error(const Error& error, std::string_view prefix = {},
               const Location& from = Location::current());
    /// Reports what was ignored or changed.
    void warning(std::string_view sentence, const Location& from = Location::current());
    /// Reports what every runtime accepts without a word, and what is not important.
    void info(std::string_view sentence, const Location& from = Location::current());
    /// Reports progress, for --debug.
    void debug(std::string_view sentence, const Location& from = Location::current());

    /// Reports a step, for --debug.
    void log(std::string_view sentence) override { debug(sentence); }

    /// True if the log is standard error.
    [[nodiscard]] bool is_standard_error() const { return sink_ == Sink::standard_error; }
    /// True if debug messages are logged.
    [[nodiscard]] bool debugging() const { return least_ == Level::debug; }

 private:
    enum class Sink : std::uint8_t { standard_error, file, system_log };
    void write(Level level, std::string_view whole, const Location& from,
               const oci::LogError* error = nullptr);
    [[nodiscard]] std::string json_entry(Level level, std::string_view sentence,
                                         const Location& from, const oci::LogError* error) const;

    Sink sink_ = Sink::standard_error;
    Format format_ = Format::text;
    Format error_format_ = Format::text;
    Level least_ = Level::warning;
    int file_ = -1;
    std::string name_;
};

/// An entry of a text log in logrus's format: time="…" level=… msg="…", with a caller also func=…
/// file="…", and a newline.
std::string text_entry(Reporter::Level level, std::string_view sentence, std::string_view time,
                       const oci::LogCaller& caller = {});

/// An entry for a terminal in logrus's format: the level in colour, seconds since the start.
std::string terminal_entry(Reporter::Level level, std::string_view sentence, long seconds);

/// A message as plain text: one line of at most kMessageMax bytes, and a newline.
std::string plain_entry(std::string_view sentence);

/// The name of the level in a log: "error", "warning", "info", "debug".
std::string_view level_word(Reporter::Level level);

/// Prints a problem that does not fail the command as plain text to standard error only ("list"
/// reports the containers that it cannot read).
void aside(std::string_view sentence);

}  // namespace crux::cmd
