#pragma once

#include <string>
#include <string_view>

namespace crux::oci {

/// One entry of a log in JSON with its line end, keys in the order that callers know:
/// {"level":"error","msg":"…","time":"2026-01-02T03:04:05Z"}. The level is one of logrus's words
/// ("error", "warning", "info", "debug"), the time RFC 3339: containerd reads no further in a file
/// that has an entry with another form of time.
std::string log_line(std::string_view level, std::string_view message, std::string_view time);

}  // namespace crux::oci
