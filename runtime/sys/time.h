#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace crux::sys {

/// CLOCK_MONOTONIC in nanoseconds.
std::uint64_t monotonic_ns() noexcept;
/// CLOCK_REALTIME.
struct ::timespec realtime() noexcept;
/// The time in UTC as RFC 3339 with nanoseconds: "2026-01-02T03:04:05.000000006Z".
std::string rfc3339(const struct ::timespec& moment);

/// Sleeps. Only for waits that no event can end.
void sleep_ms(int milliseconds) noexcept;

}  // namespace crux::sys
