#include "cmd/crux/state_root.h"

#include <sys/stat.h>
#include <unistd.h>

#include "cmd/crux/program.h"
#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/command.h"

namespace crux::cmd {
namespace {

struct Case {
    const char* what;
    Caller caller;
    const char* root;
    bool rootless;
};

TEST_CASE("the default root and rootless mode depend on the caller") {
    const Case cases[] = {
        {"real root", {0, false, "", {}}, "/run/crux", false},
        {"real root with a runtime folder", {0, false, "/run/user/0", {}}, "/run/crux", false},
        {"a user", {1000, false, "/run/user/1000", "u"}, "/run/user/1000/crux", true},
        {"a user whose folder is empty", {1000, false, "", "u"}, "/run/crux", true},
        {"root of a user namespace", {0, true, "/run/user/1000", {}}, "/run/user/1000/crux", true},
        {"the same, USER u", {0, true, "/run/user/1000", "u"}, "/run/user/1000/crux", true},
        {"the same, USER root", {0, true, "/run/user/1000", "root"}, "/run/crux", true},
        {"root, as runc", {0, false, "", {}, "runc"}, "/run/runc", false},
        {"a user, as runc",
         {1000, false, "/run/user/1000", "u", "runc"},
         "/run/user/1000/runc",
         true},
        {"root, as another name", {0, false, "", {}, "runc-crux"}, "/run/crux", false},
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

TEST_CASE("only the initial user namespace maps every ID to itself in one line") {
    CHECK(is_initial_map("         0          0 4294967295\n"));
    for (const char* map :
         {"", "0 0 4294967295", "         0       1000          1\n", "0 0 4294967294\n",
          "0 0 1\n1 1 4294967294\n", "0 0 42949672950\n", "0 0 4294967295\n0"}) {
        INFO(map);
        CHECK_FALSE(is_initial_map(map));
    }
}

TEST_CASE("a wrong value for --rootless is refused") {
    const auto answer = is_rootless("maybe", Caller{});
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().message() ==
          "invalid value \"maybe\" for --rootless: must be true, false or auto");
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

Result<StateRootChoice> root_for(const std::vector<const char*>& words, const Caller& caller) {
    const auto line = read_line(global_flags(), words, Order::before_arguments);
    REQUIRE(line.has_value());
    return find_root(line->options, caller);
}

TEST_CASE("a root in XDG_RUNTIME_DIR is created private and sticky") {
    const std::string folder = test::work_folder() + "/runtime/deep";
    const Caller user = {1000, false, folder, "u"};
    const auto root = root_for({}, user);
    REQUIRE(root.has_value());
    CHECK(root->path == folder + "/crux");
    CHECK(root->origin == StateRootChoice::Origin::standard);
    CHECK(root->rootless);
    struct stat info{};
    REQUIRE(::stat(root->path.c_str(), &info) == 0);
    CHECK(info.st_mode == (S_IFDIR | S_ISVTX | 0700U));
    CHECK(root_for({}, user).has_value());

    // A directory of --root is not created here.
    const auto asked = root_for({"--root", "/x/../nosuch/", "--rootless=false"}, user);
    REQUIRE(asked.has_value());
    CHECK(asked->path == "/nosuch");
    CHECK(asked->origin == StateRootChoice::Origin::asked);
    CHECK_FALSE(asked->rootless);
}

TEST_CASE("an unusable XDG_RUNTIME_DIR is reported") {
    const std::string file = test::work_folder() + "/no-folder";
    test::write_file(file, "");
    const auto root = root_for({}, {1000, false, file, "u"});
    REQUIRE_FALSE(root.has_value());
    CHECK(root.error().message() ==
          "the path in $XDG_RUNTIME_DIR must be writable by the user: mkdir " + file +
              "/crux: not a directory");
    ::unlink(file.c_str());
}

TEST_CASE("a root that is / or empty where / is the working directory is refused") {
    for (const char* root : {"/", "//", "/a/.."}) {
        const auto answer = root_for({"--root", root}, Caller{});
        REQUIRE_FALSE(answer.has_value());
        CHECK(answer.error().message() == "Option --root argument should not be set to /");
    }
}

}  // namespace
}  // namespace crux::cmd
