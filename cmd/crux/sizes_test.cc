#include "cmd/crux/sizes.h"

#include "tests/support/catch.h"

namespace crux::cmd {
namespace {

TEST_CASE("sizes are read as docker reads them") {
    const struct {
        const char* text;
        std::int64_t bytes;
    } cases[] = {
        {"0", 0},
        {"32", 32},
        {"32b", 32},
        {"32B", 32},
        {"32k", 32768},
        {"32K", 32768},
        {"32kb", 32768},
        {"32KiB", 32768},
        {"32 kib", 32768},
        {"1.5k", 1536},
        {".5k", 512},
        {"32m", 33554432},
        {"1g", 1073741824},
        {"1t", 1099511627776},
        {"1P", 1125899906842624},
        {"9223372036854775807", INT64_MAX},
    };
    for (const auto& entry : cases) {
        INFO(entry.text);
        const auto size = parse_size(entry.text);
        REQUIRE(size);
        CHECK(*size == entry.bytes);
    }
    for (const char* wrong : {"", "k", "hello", "-32", "32bb", "32kk", "32x", "32 mb ", "1.2.3",
                              "32ib", "9223372036854775808", "9000p", "1e3", "0x10"}) {
        INFO(wrong);
        CHECK_FALSE(parse_size(wrong));
    }
}

TEST_CASE("durations are read as Go reads them") {
    const struct {
        const char* text;
        std::int64_t milliseconds;
    } cases[] = {
        {"5s", 5000},    {"0", 0},       {"0s", 0},     {"100ms", 100}, {"1m30s", 90000},
        {"1h", 3600000}, {"1.5s", 1500}, {"+2s", 2000}, {"-2s", -2000}, {"1us", 1},
        {"1µs", 1},      {"2000us", 2},  {"1ns", 1},
    };
    for (const auto& entry : cases) {
        INFO(entry.text);
        const auto time = parse_duration(entry.text);
        REQUIRE(time);
        CHECK(*time == entry.milliseconds);
    }
    for (const char* wrong :
         {"", "5", "s", "5x", "5 s", "1m30", "-", "--1s", "1..5s", "99999999999h"}) {
        INFO(wrong);
        CHECK_FALSE(parse_duration(wrong));
    }
}

}  // namespace
}  // namespace crux::cmd
