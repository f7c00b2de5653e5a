#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crux::oci {

/// The place in the source code that writes an entry; may be empty.
struct LogCaller {
    std::string function;
    std::string file;  ///< with the line: "report.cc:12"
};

/// What programs are told of an error beside its message (docs/errors.md). Empty parts are left
/// out.
struct LogError {
    std::string_view code;
    std::string_view phase;
    std::string_view pointer;  ///< of the property in config.json
    std::string_view call;     ///< the system call that failed
    std::string_view errno_name;
    std::string_view hint;
    std::vector<std::string> causes;  ///< from the outermost to the cause itself
};

/// One log entry in JSON, with a newline, keys in logrus's order:
/// {"level":"error","msg":"…","time":"2026-01-02T03:04:05Z"}. The level is a level of logrus
/// ("error", "warning", "info", "debug"). The time must be in RFC 3339 format: containerd stops
/// reading a file at an entry with another format. With a caller, the keys "file" and "func" are
/// first; the keys of an error follow behind the time.
std::string log_line(std::string_view level, std::string_view message, std::string_view time,
                     const LogCaller& caller = {}, const LogError* error = nullptr);

}  // namespace crux::oci
