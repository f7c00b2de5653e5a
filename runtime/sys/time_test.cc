#include "runtime/sys/time.h"

#include "tests/support/catch.h"

using namespace crux;

TEST_CASE("times are written in UTC with nanoseconds") {
    CHECK(sys::rfc3339({.tv_sec = 0, .tv_nsec = 0}) == "1970-01-01T00:00:00.000000000Z");
    CHECK(sys::rfc3339({.tv_sec = 951782399, .tv_nsec = 7}) == "2000-02-28T23:59:59.000000007Z");
    CHECK(sys::rfc3339({.tv_sec = 951782400, .tv_nsec = 999999999}) ==
          "2000-02-29T00:00:00.999999999Z");
    CHECK(sys::rfc3339({.tv_sec = 4102444800, .tv_nsec = 123456789}) ==
          "2100-01-01T00:00:00.123456789Z");
}

TEST_CASE("monotonic time does not go back") {
    const std::uint64_t first = sys::monotonic_ns();
    CHECK(sys::monotonic_ns() >= first);
}
