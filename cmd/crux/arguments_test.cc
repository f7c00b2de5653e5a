#include "cmd/crux/arguments.h"

#include "tests/support/catch.h"

namespace crux::cmd {
namespace {

constexpr Flag kFlags[] = {
    {.name = "bundle", .letters = "b", .takes = Takes::text},
    {.name = "detach", .letters = "d"},
    {.name = "tty", .letters = "t"},
    {.name = "preserve-fds", .takes = Takes::number},
    {.name = "env", .letters = "e", .takes = Takes::texts},
    {.name = "version", .letters = "vV"},
};

using Words = std::vector<const char*>;
using Texts = std::vector<std::string>;

Normalised read(const Words& words, Order order = Order::anywhere) {
    auto line = normalise(kFlags, words, order);
    INFO((line ? "" : line.error().message()));
    REQUIRE(line.has_value());
    return std::move(*line);
}

std::string refusal(const Words& words) {
    const auto line = normalise(kFlags, words, Order::anywhere);
    REQUIRE_FALSE(line.has_value());
    CHECK(line.error().kind() == Error::Kind::usage);
    return line.error().message();
}

TEST_CASE("one dash and two dashes are the same, and letters stand for their flag") {
    CHECK(read({"--detach"}).flags == Texts{"--detach=true"});
    CHECK(read({"-detach"}).flags == Texts{"--detach=true"});
    CHECK(read({"-d"}).flags == Texts{"--detach=true"});
    CHECK(read({"--d"}).flags == Texts{"--detach=true"});
    CHECK(read({"-V"}).flags == Texts{"--version=true"});
}

TEST_CASE("a value follows an equals sign or is the next word, whatever that word is") {
    CHECK(read({"--bundle=/a"}).flags == Texts{"--bundle=/a"});
    CHECK(read({"-bundle=/a"}).flags == Texts{"--bundle=/a"});
    CHECK(read({"--bundle", "/a"}).flags == Texts{"--bundle=/a"});
    CHECK(read({"-b", "/a", "x"}).arguments == Texts{"x"});
    CHECK(read({"--bundle", "--detach"}).flags == Texts{"--bundle=--detach"});
    CHECK(read({"--bundle", "--"}).flags == Texts{"--bundle=--"});
    CHECK(read({"--bundle", "-"}).flags == Texts{"--bundle=-"});
    CHECK(read({"--bundle="}).flags == Texts{"--bundle="});
    CHECK(read({"--bundle=a=b"}).flags == Texts{"--bundle=a=b"});
    CHECK(read({"--bundle", ""}).flags == Texts{"--bundle="});
}

TEST_CASE("a switch takes Go's words for a truth value, and never the next word") {
    for (const char* word : {"-d=1", "-d=t", "-d=T", "-d=true", "-d=TRUE", "-d=True"})
        CHECK(read({word}).flags == Texts{"--detach=true"});
    for (const char* word : {"-d=0", "-d=f", "-d=F", "-d=false", "-d=FALSE", "-d=False"})
        CHECK(read({word}).flags == Texts{"--detach=false"});
    CHECK(read({"--detach", "false"}).arguments == Texts{"false"});
}

TEST_CASE("numbers are read in Go's notation and passed on in decimal") {
    CHECK(read({"--preserve-fds=3"}).flags == Texts{"--preserve-fds=3"});
    CHECK(read({"--preserve-fds", "-3"}).flags == Texts{"--preserve-fds=-3"});
    CHECK(read({"--preserve-fds=+3"}).flags == Texts{"--preserve-fds=3"});
    CHECK(read({"--preserve-fds=0x1F"}).flags == Texts{"--preserve-fds=31"});
    CHECK(read({"--preserve-fds=010"}).flags == Texts{"--preserve-fds=8"});
    CHECK(read({"--preserve-fds=0o10"}).flags == Texts{"--preserve-fds=8"});
    CHECK(read({"--preserve-fds=0b10"}).flags == Texts{"--preserve-fds=2"});
    CHECK(read({"--preserve-fds=0"}).flags == Texts{"--preserve-fds=0"});
}

TEST_CASE("flags may follow arguments, except for exec and ps") {
    const Normalised line = read({"ID", "--detach", "KILL", "-b", "/a"});
    CHECK(line.flags == Texts{"--detach=true", "--bundle=/a"});
    CHECK(line.arguments == Texts{"ID", "KILL"});

    const Normalised exec =
        read({"--tty", "ID", "ls", "--tty", "-x", "--", "y"}, Order::before_arguments);
    CHECK(exec.flags == Texts{"--tty=true"});
    CHECK(exec.arguments == Texts{"ID", "ls", "--tty", "-x", "--", "y"});
}

TEST_CASE("two dashes end the flags and a lone dash is an argument") {
    CHECK(read({"ID", "--", "--detach", "--"}).arguments == Texts{"ID", "--detach", "--"});
    CHECK(read({"--", "-x"}, Order::before_arguments).arguments == Texts{"-x"});
    CHECK(read({"-", "ID"}).arguments == Texts{"-", "ID"});
    CHECK(read({""}).arguments == Texts{""});
    CHECK(read({"--"}).arguments.empty());
}

TEST_CASE("repeated flags are all passed on, in order") {
    CHECK(read({"-b=x", "--bundle", "y"}).flags == Texts{"--bundle=x", "--bundle=y"});
    CHECK(read({"-e", "A=1,2", "--env=B"}).flags == Texts{"--env=A=1,2", "--env=B"});
}

TEST_CASE("help is known everywhere") {
    for (const char* word : {"--help", "-help", "-h", "--h", "--help=true"})
        CHECK(read({word}).help);
    CHECK(read({"ID", "-h"}).help);
    CHECK_FALSE(read({"--help=false"}).help);
    CHECK_FALSE(read({"ID", "-h"}, Order::before_arguments).help);
}

TEST_CASE("usage errors have the messages that callers search for") {
    CHECK(refusal({"--foo"}) == "flag provided but not defined: -foo");
    CHECK(refusal({"-foo=1"}) == "flag provided but not defined: -foo");
    CHECK(refusal({"-dt"}) == "flag provided but not defined: -dt");
    CHECK(refusal({"ID", "--foo"}) == "flag provided but not defined: -foo");
    CHECK(refusal({"--detahc"}) ==
          "flag provided but not defined: -detahc (did you mean \"--detach\"?)");
    CHECK(refusal({"-preserve-fd=3"}) ==
          "flag provided but not defined: -preserve-fd (did you mean \"--preserve-fds\"?)");
    CHECK(refusal({"--hlep"}) == "flag provided but not defined: -hlep (did you mean \"--help\"?)");
    CHECK(refusal({"--bundle"}) == "flag needs an argument: -bundle");
    CHECK(refusal({"-b"}) == "flag needs an argument: -b");
    CHECK(refusal({"ID", "--bundle"}) == "flag needs an argument: -bundle");
    CHECK(refusal({"---x"}) == "bad flag syntax: ---x");
    CHECK(refusal({"-=x"}) == "bad flag syntax: -=x");
    CHECK(refusal({"--=x"}) == "bad flag syntax: --=x");
    CHECK(refusal({"--detach=maybe"}) ==
          "invalid boolean value \"maybe\" for -detach: parse error");
    CHECK(refusal({"-d="}) == "invalid boolean value \"\" for -d: parse error");
    for (const char* word : {"x", "", "-", "1x", "0x", "08", "0b2", "1.5", " 1", "1 ", "--1"})
        CHECK(refusal({"--preserve-fds", word}) ==
              "invalid value \"" + std::string(word) + "\" for flag -preserve-fds: parse error");
    CHECK(refusal({"--preserve-fds=9223372036854775808"}) ==
          "invalid value \"9223372036854775808\" for flag -preserve-fds: value out of range");
}

}  // namespace
}  // namespace crux::cmd
