// Checks the documents that crux prints against the rules of the specification.

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using nlohmann::json;

/// The validator's findings; skips the test without python3-jsonschema.
std::string faults_of(const std::string& kind, const std::string& text) {
    if (!run({"python3", "-c", "import jsonschema"}).ok()) skip("needs python3-jsonschema");
    const std::string file = work_folder() + "/" + kind + ".json";
    write_file(file, text);
    const Outcome outcome =
        run({"python3", CRUX_SOURCES "/tests/conformance/documents.py", kind, file});
    return outcome.ok() ? "" : outcome.describe();
}

TEST_CASE("features conforms to the specification") {
    const Outcome outcome = run({crux_program(), "features"});
    REQUIRE(outcome.ok());
    CHECK(faults_of("features", outcome.out) == "");
    // The validator itself finds errors.
    json broken = json::parse(outcome.out);
    broken["linux"]["namespaces"].push_back("moon");
    CHECK(faults_of("features", broken.dump()) != "");
}

TEST_CASE("state conforms to the specification in every status") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/annotations", {{"com.example.key", "value"}}).args({"/bin/sleep", "30"});
    Container container(bundle);
    must(container.create());
    const auto check = [&](const std::string& status) {
        const Outcome outcome = container.crux({"state", container.id()});
        CHECK(faults_of("state", outcome.out) == "");
        const json document = json::parse(outcome.out);
        CHECK(document.at("status") == status);
        CHECK(document.at("id") == container.id());
        CHECK(document.at("bundle") == bundle.path());
        CHECK(document.at("annotations").at("com.example.key") == "value");
    };
    check("created");
    must(container.start());
    check("running");
    must(container.kill());
    REQUIRE(container.reaches("stopped"));
    check("stopped");
}

}  // namespace
}  // namespace crux::test
