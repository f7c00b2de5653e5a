#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace crux::sys {

/// CLOCK_MONOTONIC in nanoseconds.
std::uint64_t monotonic_ns() noexcept;
/// CLOCK_REALTIME.
struct ::timespec realtime() noexcept;
/// The moment in UTC as RFC 3339 with nine digits of a second: "2026-01-02T03:04:05.000000006Z".
std::string rfc3339(const struct ::timespec& moment);

/// Sleeps; for the rare wait that has nothing to be woken by.
void sleep_ms(int milliseconds) noexcept;

}  // namespace crux::sys
