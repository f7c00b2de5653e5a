#include "cmd/crux/place.h"

#include <unistd.h>

#include "tests/support/catch.h"

namespace crux::cmd {
namespace {

struct Case {
    const char* what;
    Caller caller;
    const char* root;
    bool rootless;
};

TEST_CASE("the standard root and rootlessness follow from who calls") {
    const Case cases[] = {
        {"real root", {0, false, "", {}}, "/run/crux", false},
        {"real root with a runtime folder", {0, false, "/run/user/0", {}}, "/run/crux", false},
        {"a user", {1000, false, "/run/user/1000", "u"}, "/run/user/1000/crux", true},
        {"a user whose folder is empty", {1000, false, "", "u"}, "/run/crux", true},
        {"root of a user namespace", {0, true, "/run/user/1000", {}}, "/run/user/1000/crux", true},
        {"the same, USER u", {0, true, "/run/user/1000", "u"}, "/run/user/1000/crux", true},
        {"the same, USER root", {0, true, "/run/user/1000", "root"}, "/run/crux", true},
    };
    for (const Case& one : cases) {
        INFO(one.what);
        CHECK(standard_root(one.caller) == one.root);
        CHECK(is_rootless("auto", one.caller).value() == one.rootless);
        CHECK(is_rootless("", one.caller).value() == one.rootless);
        CHECK(is_rootless("true", one.caller).value());
        CHECK_FALSE(is_rootless("False", one.caller).value());
    }
}

TEST_CASE("a wrong value for --rootless is refused") {
    const auto answer = is_rootless("maybe", Caller{});
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().message() ==
          "invalid value \"maybe\" for --rootless: not true, false or auto");
}

TEST_CASE("a path is made absolute and clean by its text") {
    const struct {
        const char* in;
        const char* out;
    } cases[] = {
        {"/", "/"},        {"//", "/"},       {"/..", "/"},         {"/a/", "/a"},
        {"/a/../b", "/b"}, {"/a//b", "/a/b"}, {"/a/./b/.", "/a/b"}, {"/../../a", "/a"},
    };
    for (const auto& one : cases) CHECK(absolute_path(one.in).value() == one.out);
    char folder[4096];
    REQUIRE(::getcwd(folder, sizeof folder) != nullptr);
    CHECK(absolute_path("").value() == folder);
    CHECK(absolute_path("x/../y").value() == folder + std::string("/y"));
}

}  // namespace
}  // namespace crux::cmd
