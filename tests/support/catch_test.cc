#include "tests/support/catch.h"

TEST_CASE("the matchers that both versions of Catch2 have go by one name") {
    CHECK_THAT(std::string("a container"), Catch::Contains("tain") && Catch::StartsWith("a "));
}
