#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/error.h"

namespace crux::cmd {

/// A number of bytes as docker's command line has it: digits, perhaps with a fraction, and k, m, g,
/// t or p in either case (1024 each), perhaps followed by b or ib. "invalid size: …".
Result<std::int64_t> parse_size(std::string_view text);

/// A time as Go writes durations, in milliseconds: numbers with h, m, s, ms, us or ns, perhaps
/// several and with fractions ("1m30s", "1.5s"), with a sign in front, or 0. "invalid duration …".
/// What is shorter than a millisecond and longer than nothing counts as one.
Result<std::int64_t> parse_duration(std::string_view text);

}  // namespace crux::cmd
