#include "oci-spec/property_pattern.h"

#include "tests/support/catch.h"

namespace crux::oci {
namespace {

constexpr std::string_view kConfig = R"({
    "annotations": {"org.example.a": "x"},
    "linux": {"namespaces": [{"type": "pid"}, {"type": "user"}], "timeOffsets": null,
              "uidMappings": [{"size": 1}]},
    "mounts": [{"options": ["ro"]}, {"options": ["bind", "idmap"]}, {}]
})";

bool gives(std::string pattern, std::string value = "") {
    return given_in(kConfig, {{std::move(pattern), std::move(value)}}).size() == 1;
}

TEST_CASE("a pattern finds a property at any matching place, also by its value") {
    CHECK(gives("/linux/namespaces"));
    CHECK(gives("/linux/namespaces/*/type", "user"));
    CHECK_FALSE(gives("/linux/namespaces/*/type", "time"));
    CHECK(gives("/mounts/*/options", "idmap"));
    CHECK_FALSE(gives("/mounts/*/options", "idm"));
    CHECK(gives("/annotations/org.example.a"));
    CHECK(gives("/linux/uidMappings/0"));
    CHECK_FALSE(gives("/linux/uidMappings/1"));
    CHECK_FALSE(gives("/linux/timeOffsets"));
    CHECK_FALSE(gives("/linux/namespaces/type"));
    CHECK(given_in("{", {{"/linux", ""}}).empty());
}

TEST_CASE("a pattern covers its places and what is below them") {
    const PropertyPattern memory{"/linux/resources/memory", ""};
    CHECK(covers(memory, "/linux/resources/memory"));
    CHECK(covers(memory, "/linux/resources/memory/limit"));
    CHECK_FALSE(covers(memory, "/linux/resources"));
    CHECK_FALSE(covers(memory, "/linux/resources/memoryPolicy"));
    CHECK(covers({"/mounts/*/options", "idmap"}, "/mounts/3/options/0"));
    CHECK(describe({"/mounts/*/options", "idmap"}) == "/mounts/*/options \"idmap\"");
}

}  // namespace
}  // namespace crux::oci
