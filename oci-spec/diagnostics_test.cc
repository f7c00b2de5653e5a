#include "oci-spec/diagnostics.h"

#include "tests/support/catch.h"

namespace crux::oci {
namespace {

TEST_CASE("a single error keeps its pointer, several are listed with theirs") {
    Diagnostics one;
    one.warn("/a", "is odd");
    one.error("/b", "is required");
    CHECK(one.to_error().message() == "is required (config.json: /b)");
    CHECK(one.to_error().pointer() == "/b");
    one.error("/c/0", "is wrong");
    CHECK(one.to_error().text() == "/b: is required; /c/0: is wrong");
    CHECK(one.to_error().kind() == Error::Kind::spec);
    Diagnostics whole;
    whole.error("", "invalid JSON");
    CHECK(whole.to_error().message() == "invalid JSON");
}

TEST_CASE("consequences of an error are left out") {
    Diagnostics parsed;
    parsed.error("/process/cwd", "expected a string");
    parsed.error("/mounts/1/type", "expected a string");
    parsed.warn("/linux", "is odd");
    Diagnostics rules;
    rules.error("/process/cwd", "same place");
    rules.error("/process/cwd/x", "below");
    rules.error("/process/cwdx", "another place");
    rules.error("/mounts/1/source", "same element");
    rules.error("/mounts/10/source", "another element");
    rules.error("/mounts", "all of them");
    rules.error("/linux/x", "below a warning");
    parsed.append_independent(std::move(rules));
    std::vector<std::string> texts;
    for (const Diagnostic& each : parsed.errors()) texts.push_back(each.text);
    CHECK(texts == std::vector<std::string>{"expected a string", "expected a string",
                                            "another place", "another element", "all of them",
                                            "below a warning"});
    CHECK(parsed.warnings().size() == 1);
}

TEST_CASE("keys are escaped in pointers") {
    CHECK(pointer_token("a/b~c") == "/a~1b~0c");
    CHECK(pointer_token("") == "/");
}

TEST_CASE("faults can be put below another place") {
    Diagnostics inner;
    inner.error("/cwd", "x");
    inner.error("", "y");
    const Diagnostics outer = std::move(inner).below("/process");
    CHECK(outer.all()[0].pointer == "/process/cwd");
    CHECK(outer.all()[1].pointer == "/process");
    CHECK(outer.has_error_below("/process"));
    CHECK_FALSE(outer.has_error_below("/proc"));
}

}  // namespace
}  // namespace crux::oci
