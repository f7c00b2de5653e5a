#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/error.h"

namespace crux::cmd {

/// A number of bytes in the syntax of docker: digits, optionally with a fraction, and an optional
/// unit k, m, g, t or p in either case (powers of 1024), optionally followed by b or ib. The error
/// is "invalid size: …".
Result<std::int64_t> parse_size(std::string_view text);

/// A Go duration, in milliseconds: an optional sign and one or more numbers, optionally with a
/// fraction, each with a unit h, m, s, ms, us or ns ("1m30s", "1.5s"); or 0. A positive duration
/// below one millisecond is rounded up to one. The error is "invalid duration …".
Result<std::int64_t> parse_duration(std::string_view text);

}  // namespace crux::cmd
