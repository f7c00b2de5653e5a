#include "cmd/crux/version.h"

#include "tests/support/catch.h"

namespace crux::cmd {
namespace {

TEST_CASE("only the first line has the word version") {
    for (const char* program : {"crux", "other", "runc"}) {
        const std::string text = version_text(program);
        const std::string name = program == std::string("runc") ? "runc" : "crux";
        CHECK_THAT(text,
                   Catch::StartsWith(name + " version " + std::string(version_number()) + '\n'));
        CHECK(text.find("version", text.find('\n')) == std::string::npos);
        CHECK_THAT(text, Catch::Contains("\nspec: 1.3.0\n"));
    }
}

}  // namespace
}  // namespace crux::cmd
