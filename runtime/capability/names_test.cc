#include "runtime/capability/names.h"

#include <linux/capability.h>

#include "tests/support/catch.h"

using namespace crux;

TEST_CASE("the names of capabilities are the kernel's, and give their numbers again") {
    const std::vector<std::string> names = capability::all_names();
    REQUIRE(names.size() > CAP_LAST_CAP);
    for (unsigned number = 0; number < names.size(); ++number) {
        CAPTURE(number);
        CHECK(capability::number_of(names[number]) == number);
        CHECK(capability::name_of(number) == names[number]);
    }
    CHECK(names[CAP_CHOWN] == "CAP_CHOWN");
    CHECK(names[CAP_SYS_ADMIN] == "CAP_SYS_ADMIN");
    CHECK(names[CAP_CHECKPOINT_RESTORE] == "CAP_CHECKPOINT_RESTORE");
}

TEST_CASE("a capability that libcap does not know has its number for a name") {
    CHECK(capability::name_of(63) == "63");
    CHECK(capability::names_of(capability::bit(63) | capability::bit(CAP_KILL)) ==
          std::vector<std::string>{"CAP_KILL", "63"});
    CHECK(capability::names_of(0).empty());
}

TEST_CASE("only the spelling of capabilities(7) is a name") {
    // libcap itself takes all of these but the last four.
    for (const std::string& text :
         {std::string("cap_kill"), std::string("CAP_kill"), std::string("5"), std::string("0x5"),
          std::string("CAP_KILL+ep"), std::string("CAP_KILL "), std::string("CAP_KILL,CAP_CHOWN"),
          std::string("CAP_KILL\0", 9), std::string("41"), std::string(), std::string("CAP_"),
          std::string("CAP_NONE_SUCH"), "CAP_KILL" + std::string(1'000'000, '_')}) {
        CAPTURE(text.substr(0, 40));
        CHECK_FALSE(capability::number_of(text));
    }
}

TEST_CASE("a set is asked for a capability by number or by name") {
    constexpr capability::Set kSet = capability::bit(CAP_KILL) | capability::bit(CAP_BPF);
    CHECK(capability::holds(kSet, CAP_KILL));
    CHECK_FALSE(capability::holds(kSet, CAP_CHOWN));
    CHECK(capability::holds(kSet, "CAP_BPF"));
    CHECK_FALSE(capability::holds(kSet, "CAP_CHOWN"));
    CHECK_FALSE(capability::holds(~capability::Set{0}, "CAP_NONE_SUCH"));
}
