#pragma once

#include <string>
#include <string_view>

namespace crux::oci {

/// The place in a program that makes an entry; empty where that is not told.
struct LogCaller {
    std::string function;
    std::string file;  ///< with the line: "report.cc:12"
};

/// One entry of a log in JSON with its line end, keys in the order that callers know:
/// {"level":"error","msg":"…","time":"2026-01-02T03:04:05Z"}. The level is one of logrus's words
/// ("error", "warning", "info", "debug"), the time RFC 3339: containerd reads no further in a file
/// that has an entry with another form of time. With a caller the keys "file" and "func" come
/// first.
std::string log_line(std::string_view level, std::string_view message, std::string_view time,
                     const LogCaller& caller = {});

}  // namespace crux::oci
