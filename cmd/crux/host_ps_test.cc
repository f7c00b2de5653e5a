#include "cmd/crux/host_ps.h"

#include <sys/stat.h>

#include <cstdlib>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/command.h"

namespace crux::cmd {
namespace {

TEST_CASE("the lines of ps are chosen by its PID column, wherever it is") {
    const auto full = lines_of_processes(
        "UID          PID    PPID  C CMD\n"
        "root           1       0  0 init 7\n"
        "root          17       1  0 sleep 1\n"
        "app            7       1  0 sh -c 17\n",
        {7, 17});
    REQUIRE(full);
    CHECK(*full ==
          "UID          PID    PPID  C CMD\n"
          "root          17       1  0 sleep 1\n"
          "app            7       1  0 sh -c 17\n");
    const auto first = lines_of_processes("  PID CMD\n  8 a\n  9 b\n", {9});
    REQUIRE(first);
    CHECK(*first == "  PID CMD\n  9 b\n");
    CHECK(*lines_of_processes("PID\n1\n", {}) == "PID\n");
}

TEST_CASE("an output of ps without process ids is refused") {
    const auto none = lines_of_processes("CMD\ninit\n", {1});
    REQUIRE_FALSE(none);
    CHECK(none.error().message() == "couldn't find PID field in ps output");
    CHECK_FALSE(lines_of_processes("", {1}));
    CHECK_FALSE(lines_of_processes("CMD PID\ninit\n", {1}));
    CHECK_FALSE(lines_of_processes("PID\none\n", {1}));
}

TEST_CASE("a ps that does not exit is killed") {
    const std::string folder = test::work_folder() + "/bin";
    REQUIRE((::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST));
    const std::string path = ::getenv("PATH");
    // The second one has no output any more, so only its exit can be waited for.
    for (const char* script :
         {"#!/bin/sh\nexec sleep 60\n", "#!/bin/sh\nexec sleep 60 >&- 2>&-\n"}) {
        test::write_file(folder + "/ps", script);
        REQUIRE(::chmod((folder + "/ps").c_str(), 0700) == 0);
        ::setenv("PATH", (folder + ":" + path).c_str(), 1);
        const auto output = host_ps({}, std::chrono::milliseconds(200));
        ::setenv("PATH", path.c_str(), 1);
        REQUIRE_FALSE(output);
        CHECK(output.error().message() == "ps: did not exit within the time limit");
    }
}

}  // namespace
}  // namespace crux::cmd
