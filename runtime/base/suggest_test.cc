#include "runtime/base/suggest.h"

#include <array>
#include <chrono>

#include "tests/support/catch.h"

namespace crux {
namespace {

constexpr std::array<std::string_view, 9> kOptions = {
    "bind", "noatime", "nodev", "noexec", "nosuid", "relatime", "ro", "rro", "rw"};
constexpr std::array<std::string_view, 6> kNames = {"CAP_BPF",       "CAP_CHOWN",  "CAP_KILL",
                                                    "CAP_SYS_ADMIN", "CAP_SETGID", "CAP_SETUID"};

TEST_CASE("a text with few wrong letters is the name that it is closest to") {
    CHECK(closest("roo", kOptions) == "ro");
    CHECK(closest("nodve", kOptions) == "nodev");  // two letters swapped
    CHECK(closest("noexe", kOptions) == "noexec");
    CHECK(closest("noeexec", kOptions) == "noexec");
    CHECK(closest("no_suid", kOptions) == "nosuid");
    CHECK(closest("wr", kOptions) == "rw");
    CHECK(closest("ror", kOptions) == "rro");  // all letters of "rro", in another order
    CHECK(closest("realtime", kOptions) == "relatime");
    CHECK(closest("NOEXEC", kOptions) == "noexec");
    CHECK(closest("cap_kill", kNames) == "CAP_KILL");
    CHECK(closest("CAP_SYS_ADMN", kNames) == "CAP_SYS_ADMIN");
}

TEST_CASE("a name matches without the prefix of its vocabulary, and without its end") {
    CHECK(closest("SYS_ADMIN", kNames) == "CAP_SYS_ADMIN");
    CHECK(closest("kill", kNames) == "CAP_KILL");
    CHECK(closest("rela", kOptions) == "relatime");
    CHECK(closest("re", kOptions).empty());  // too short for a beginning
}

TEST_CASE("only a name that is close and the only match is suggested") {
    CHECK(closest("", kOptions).empty());
    CHECK(closest("x", kOptions).empty());
    CHECK(closest("mode=700", kOptions).empty());
    CHECK(closest("compress", kOptions).empty());
    CHECK(closest("CAP_FOO", kNames).empty());
    CHECK(closest("CAP_FUTURE", kNames).empty());
    CHECK(closest("CAP_", kNames).empty());
    CHECK(closest("CAP_SETPID", kNames).empty());  // of CAP_SETGID and CAP_SETUID neither is nearer
    CHECK(closest("rx", kOptions).empty());        // "ro" and "rw"
    CHECK(closest("ro", {}).empty());
    constexpr std::array<std::string_view, 3> kTwice = {"kill", "kill", "start"};
    CHECK(closest("kil", kTwice) == "kill");
}

TEST_CASE("wrong letters are counted") {
    CHECK(wrong_letters("open", "OPEN") == 0);
    CHECK(wrong_letters("opne", "open") == 1);
    CHECK(wrong_letters("pen", "open") == 1);
    CHECK(wrong_letters("", "open") == 4);
    CHECK(wrong_letters("kitten", "sitting") == 3);
    CHECK(wrong_letters(std::string(1'000'000, 'o'), "open") > 1'000);
}

TEST_CASE("a suggestion follows an error in parentheses") {
    CHECK(did_you_mean("roo", kOptions) == " (did you mean \"ro\"?)");
    CHECK(did_you_mean("foo", kOptions).empty());
}

TEST_CASE("a text of any length takes little time") {
    const std::string huge(1'000'000, 'r');
    const std::string longest(64, 'r');
    const std::vector<std::string> many(1000, std::string(64, 'o'));
    const auto begin = std::chrono::steady_clock::now();
    CHECK(closest(huge, kOptions).empty());
    CHECK(closest(longest, views_of(many)).empty());
    CHECK(closest("ro", std::vector<std::string_view>(1000, huge)).empty());
    // Far more than it takes (some 20 ms), for a busy machine.
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
    CHECK(closest(std::string_view("node\0v", 6), kOptions) == "nodev");
}

}  // namespace
}  // namespace crux
