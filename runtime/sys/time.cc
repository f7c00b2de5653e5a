#include "runtime/sys/time.h"

#include <cerrno>

#include <chrono>
#include <string_view>

namespace crux::sys {

namespace {

void append_padded(std::string& out, std::int64_t number, std::size_t width) {
    std::string digits = std::to_string(number);
    if (digits.size() < width) out.append(width - digits.size(), '0');
    out += digits;
}

}  // namespace

std::uint64_t monotonic_ns() noexcept {
    constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;
    struct ::timespec now = {};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return (static_cast<std::uint64_t>(now.tv_sec) * kNanosPerSecond) +
           static_cast<std::uint64_t>(now.tv_nsec);
}

struct ::timespec realtime() noexcept {
    struct ::timespec now = {};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now;
}

std::string rfc3339(const struct ::timespec& moment) {
    // Not gmtime_r: glibc reads the time zone files for it.
    using namespace std::chrono;
    const sys_seconds point{seconds{moment.tv_sec}};
    const auto day = floor<days>(point);
    const year_month_day date{day};
    const hh_mm_ss clock{point - day};
    std::string out;
    out.reserve(30);
    append_padded(out, static_cast<int>(date.year()), 4);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_padded(out, clock.hours().count(), 2);
    out += ':';
    append_padded(out, clock.minutes().count(), 2);
    out += ':';
    append_padded(out, clock.seconds().count(), 2);
    out += '.';
    append_padded(out, moment.tv_nsec, 9);
    out += 'Z';
    return out;
}

void sleep_ms(int milliseconds) noexcept {
    constexpr int kPerSecond = 1000;
    constexpr long kNanoseconds = 1'000'000;
    struct ::timespec left{milliseconds / kPerSecond, (milliseconds % kPerSecond) * kNanoseconds};
    while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

}  // namespace crux::sys
