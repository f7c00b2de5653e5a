#include "cmd/crux/host_ps.h"

#include "tests/support/catch.h"

namespace crux::cmd {
namespace {

TEST_CASE("the lines of ps are chosen by its PID column, wherever it is") {
    const auto full = lines_of_processes(
        "UID          PID    PPID  C CMD\n"
        "root           1       0  0 init 7\n"
        "root          17       1  0 sleep 1\n"
        "app            7       1  0 sh -c 17\n",
        {7, 17});
    REQUIRE(full);
    CHECK(*full ==
          "UID          PID    PPID  C CMD\n"
          "root          17       1  0 sleep 1\n"
          "app            7       1  0 sh -c 17\n");
    const auto first = lines_of_processes("  PID CMD\n  8 a\n  9 b\n", {9});
    REQUIRE(first);
    CHECK(*first == "  PID CMD\n  9 b\n");
    CHECK(*lines_of_processes("PID\n1\n", {}) == "PID\n");
}

TEST_CASE("an output of ps without process ids is refused") {
    const auto none = lines_of_processes("CMD\ninit\n", {1});
    REQUIRE_FALSE(none);
    CHECK(none.error().message() == "couldn't find PID field in ps output");
    CHECK_FALSE(lines_of_processes("", {1}));
    CHECK_FALSE(lines_of_processes("CMD PID\ninit\n", {1}));
    CHECK_FALSE(lines_of_processes("PID\none\n", {1}));
}

}  // namespace
}  // namespace crux::cmd
