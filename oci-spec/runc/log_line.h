#pragma once

#include <string>
#include <string_view>

namespace crux::oci {

/// The place in the source code that writes an entry; may be empty.
struct LogCaller {
    std::string function;
    std::string file;  ///< with the line: "report.cc:12"
};

/// One log entry in JSON, with a newline, keys in logrus's order:
/// {"level":"error","msg":"…","time":"2026-01-02T03:04:05Z"}. The level is a level of logrus
/// ("error", "warning", "info", "debug"). The time must be in RFC 3339 format: containerd stops
/// reading a file at an entry with another format. With a caller, the keys "file" and "func" are
/// first.
std::string log_line(std::string_view level, std::string_view message, std::string_view time,
                     const LogCaller& caller = {});

}  // namespace crux::oci
