#include "oci-spec/coverage.h"

#include "tests/support/catch.h"

namespace crux::oci {
namespace {

TEST_CASE("each property of a document is listed once, with its treatment") {
    constexpr std::string_view kText =
        R"({"a": {"b": 1, "c": ["x", "y"]}, "d": [{"e": true}, {"f/g": {}}], "h": null})";
    const auto covered =
        coverage_of(kText, {{Severity::warning, "/a", "is for Windows, ignored"}}, std::nullopt);
    std::vector<std::string> pointers;
    for (const Covered& one : covered) pointers.push_back(one.pointer);
    CHECK(pointers == std::vector<std::string>{"/a/b", "/a/c", "/d/0/e", "/d/1/f~1g"});
    CHECK(covered[0].treatment == Treatment::ignored);
    CHECK(covered[1].treatment == Treatment::ignored);
    CHECK(covered[2].treatment == Treatment::applied);
    CHECK(covered[0].why == "is for Windows, ignored");
}

TEST_CASE("properties with another scale on cgroup v2 are approximated there") {
    constexpr std::string_view kText = R"({"linux": {"resources": {"cpu": {"shares": 7}}}})";
    const std::vector<std::string> origins = {"/linux/resources/cpu/shares"};
    CHECK(coverage_of(kText, {}, Planned{origins, true})[0].treatment == Treatment::approximated);
    CHECK(coverage_of(kText, {}, Planned{origins, false})[0].treatment == Treatment::applied);
}

TEST_CASE("only what a step of the plan is for is applied") {
    constexpr std::string_view kText =
        R"({"ociVersion": "1.0.0", "a": {"b": 1, "c": {"d": "x"}}, "list": [{"path": "p", "major": 1},
            {"path": "q", "major": 2}], "off": false, "none": 0, "empty": [], "on": true,
            "annotations": {"org.example.a": "b", "org.systemd.property.X": "1"}})";
    const Planned planned{.origins = {"/a/c", "/list/0/path", "/A/B"}};
    std::string told;
    for (const Covered& one : coverage_of(kText, {}, planned))
        told += one.pointer + ' ' + std::string(word_of(one.treatment)) + '\n';
    CHECK(told == R"(/ociVersion applied
/a/b applied
/a/c/d applied
/list/0/path applied
/list/0/major applied
/list/1/path ignored
/list/1/major ignored
/off applied
/none applied
/empty applied
/on ignored
/annotations/org.example.a kept
/annotations/org.systemd.property.X kept
)");
}

}  // namespace
}  // namespace crux::oci
