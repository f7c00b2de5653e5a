#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>

#include "oci-spec/runc/log_line.h"
#include "runtime/base/error.h"
#include "runtime/base/step_log.h"

namespace crux::cmd {

/// Where and how messages leave the program. Nothing else in crux prints an error: each is reported
/// here, once, as one entry of the log; and where the log is not standard error, also there as the
/// bare sentence, since callers read either.
class Reporter final : public StepLog {
 public:
    enum class Format : std::uint8_t { text, json };
    enum class Level : std::uint8_t { error, warning, debug };
    using Location = std::source_location;

    /// Until open() is called: text, on standard error, errors and warnings.
    Reporter() = default;
    ~Reporter() override;
    Reporter(const Reporter&) = delete;
    Reporter& operator=(const Reporter&) = delete;

    /// Takes the sink ("" for standard error, FILE or file:FILE to append to, journald:NAME or
    /// syslog:NAME for the system's log), the format ("text", "json" or "") and the least grave
    /// level that is written. A file is made with mode 0644 where it is missing. After a failure
    /// the report is as it was before.
    Status open(std::string_view sink, std::string_view format, Level least);

    // Where debug messages are written, entries also name the place in the program that reports.

    /// Reports why the program ends.
    void error(std::string_view sentence, const Location& from = Location::current());
    /// Reports what was done otherwise than asked.
    void warning(std::string_view sentence, const Location& from = Location::current());
    /// Says what the program is doing, for --debug.
    void debug(std::string_view sentence, const Location& from = Location::current());

    /// The same for what is planned.
    void log(std::string_view sentence) override { debug(sentence); }

    /// True if debug messages are written.
    [[nodiscard]] bool debugging() const { return least_ == Level::debug; }

 private:
    enum class Sink : std::uint8_t { standard_error, file, system_log };
    void write(Level level, std::string_view sentence, const Location& from);

    Sink sink_ = Sink::standard_error;
    Format format_ = Format::text;
    Level least_ = Level::warning;
    int file_ = -1;
    std::string name_;
};

/// The text for an entry of a text log, as logrus writes it: time="…" level=… msg="…", where there
/// is a caller also func=… file="…", and a line end.
std::string text_entry(Reporter::Level level, std::string_view sentence, std::string_view time,
                       const oci::LogCaller& caller = {});

/// The text for a terminal, as logrus writes it: the level in colour, seconds since the start.
std::string terminal_entry(Reporter::Level level, std::string_view sentence, long seconds);

/// The level's word in a log: "error", "warning", "debug".
std::string_view level_word(Reporter::Level level);

/// Says on standard error alone, as a bare sentence, what is wrong beside the matter ("list" names
/// the containers that it cannot read).
void aside(std::string_view sentence);

}  // namespace crux::cmd
