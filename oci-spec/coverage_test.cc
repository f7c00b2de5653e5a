#include "oci-spec/coverage.h"

#include "tests/support/catch.h"

namespace crux::oci {
namespace {

TEST_CASE("each property of a document is listed once, with its treatment") {
    constexpr std::string_view kText =
        R"({"a": {"b": 1, "c": ["x", "y"]}, "d": [{"e": true}, {"f/g": {}}], "h": null})";
    CHECK(properties_of(kText) == std::vector<std::string>{"/a/b", "/a/c", "/d/0/e", "/d/1/f~1g"});
    const auto covered =
        coverage_of(kText, {{Severity::warning, "/a", "is for Windows, ignored"}}, false);
    CHECK(covered[0].treatment == Treatment::ignored);
    CHECK(covered[1].treatment == Treatment::ignored);
    CHECK(covered[2].treatment == Treatment::applied);
    CHECK(covered[0].why == "is for Windows, ignored");
}

TEST_CASE("properties with another scale on cgroup v2 are approximated there") {
    constexpr std::string_view kText = R"({"linux": {"resources": {"cpu": {"shares": 7}}}})";
    CHECK(coverage_of(kText, {}, true)[0].treatment == Treatment::approximated);
    CHECK(coverage_of(kText, {}, false)[0].treatment == Treatment::applied);
}

}  // namespace
}  // namespace crux::oci
