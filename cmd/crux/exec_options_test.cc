#include "cmd/crux/exec_options.h"

#include "tests/support/catch.h"

namespace crux::cmd {
namespace {

TEST_CASE("exec's --user is a number or two") {
    const auto alone = parse_user("1");
    REQUIRE(alone);
    CHECK(alone->uid == 1);
    CHECK(alone->gid == 0);
    const auto both = parse_user("1000:2000");
    REQUIRE(both);
    CHECK(both->uid == 1000);
    CHECK(both->gid == 2000);
    CHECK(parse_user("4294967294"));
}

TEST_CASE("exec's --user refuses everything else") {
    for (const char* text : {"", "root", "-1", "+1", " 1", "1 ", "0x10", "1.0", "4294967295",
                             "4294967296", "99999999999999999999"}) {
        INFO(text);
        const auto user = parse_user(text);
        REQUIRE_FALSE(user);
        CHECK(user.error().message().starts_with("bad uid: "));
    }
    for (const char* text : {"1:", "1:users", "1:2:3", "1:-1", "1:4294967295"}) {
        INFO(text);
        const auto user = parse_user(text);
        REQUIRE_FALSE(user);
        CHECK(user.error().message().starts_with("bad gid: "));
    }
}

TEST_CASE("exec's --additional-gids is a number, with runc's message for a negative one") {
    CHECK(parse_additional_gid("5").value_or(0) == 5);
    const auto negative = parse_additional_gid("-5");
    REQUIRE_FALSE(negative);
    CHECK(negative.error().message() == "additional-gids must be a positive number -5");
    CHECK_FALSE(parse_additional_gid("users"));
    CHECK_FALSE(parse_additional_gid("1,2"));
}

}  // namespace
}  // namespace crux::cmd
