#include "runtime/host/survey.h"

#include <algorithm>

#include "runtime/sys/file.h"
#include "tests/support/catch.h"
#include "tests/support/facts.h"

using namespace crux;

TEST_CASE("a user's name is that of the first line with its number") {
    constexpr std::string_view kPasswd =
        "root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\nbob:x:1000:5::/:\n";
    CHECK(host::user_name(kPasswd, 1000) == "ada");
    CHECK(host::user_name(kPasswd, 0) == "root");
    CHECK(host::user_name(kPasswd, 100) == "");
    CHECK(host::user_name("", 0) == "");
}

TEST_CASE("subordinate ids are those of the user's name and number together") {
    constexpr std::string_view kText =
        "ada:100000:65536\n1000:300000:10\nbob:400000:65536\nada:x:y\nada:1\n";
    CHECK(host::subordinate_ids(kText, "ada", 1000) == 65546);
    CHECK(host::subordinate_ids(kText, "", 1000) == 10);
    CHECK(host::subordinate_ids(kText, "eve", 1001) == 0);
}

TEST_CASE("controllers that are disabled at boot are left out") {
    constexpr std::string_view kText =
        "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t3\t1\t1\nmemory\t0\t1\t0\n";
    CHECK(host::enabled_controllers(kText) == std::vector<std::string>{"cpu"});
}

TEST_CASE("the survey of this host agrees with what can be done here", "[kernel]") {
    auto survey = host::read_survey({.path = "/usr/bin:/bin", .runtime_folder = ""});
    REQUIRE(survey);
    CHECK(survey->namespaces.size() == 8);
    const auto user = std::ranges::find(survey->namespaces, "user", &host::NamespaceTrial::name);
    REQUIRE(user != survey->namespaces.end());
    CHECK((user->error == 0) == test::has_user_namespaces());
    CHECK((survey->capabilities & survey->bounding) == survey->capabilities);
    CHECK(std::ranges::find(survey->seccomp_actions, "allow") != survey->seccomp_actions.end());
    CHECK(survey->release.find('.') != std::string::npos);
}
