#include "cmd/crux/options.h"

#include "tests/support/catch.h"

namespace crux::cmd {
namespace {

constexpr Flag kFlags[] = {
    {.name = "bundle", .letters = "b", .takes = Takes::text},
    {.name = "format", .letters = "f", .takes = Takes::text, .initial = "table"},
    {.name = "detach", .letters = "d"},
    {.name = "preserve-fds", .takes = Takes::number, .initial = "0"},
    {.name = "status-fd", .takes = Takes::number, .initial = "-1"},
    {.name = "env", .letters = "e", .takes = Takes::texts},
};

CommandLine read(const std::vector<const char*>& words, Order order = Order::anywhere) {
    auto line = read_line(kFlags, words, order);
    INFO((line ? "" : line.error().message()));
    REQUIRE(line.has_value());
    return std::move(*line);
}

TEST_CASE("what is not given has the table's initial value") {
    const CommandLine line = read({});
    CHECK(line.options.text("bundle").empty());
    CHECK(line.options.text("format") == "table");
    CHECK_FALSE(line.options.on("detach"));
    CHECK(line.options.number("preserve-fds") == 0);
    CHECK(line.options.number("status-fd") == -1);
    CHECK(line.options.texts("env").empty());
    CHECK_FALSE(line.options.given("format"));
    CHECK(line.arguments.empty());
}

TEST_CASE("of repeated scalars the last counts, of lists all") {
    const CommandLine line = read({"-b", "/a", "--detach", "-e", "A=1,2", "ID", "--bundle=/b",
                                   "--detach=false", "-e", "", "-e=C"});
    CHECK(line.options.text("bundle") == "/b");
    CHECK_FALSE(line.options.on("detach"));
    CHECK(line.options.given("detach"));
    CHECK(line.options.texts("env") == std::vector<std::string>{"A=1,2", "", "C"});
    CHECK(line.arguments == std::vector<std::string>{"ID"});
}

TEST_CASE("values pass the option library unharmed") {
    for (const char* value :
         {"", " ", "a b", "a\nb", "--x", "-", "=", "\"q\"", "ä", "a,b", "-d=1"}) {
        CHECK(read({"--bundle", value}).options.text("bundle") == value);
        CHECK(read({"--", value}).arguments == std::vector<std::string>{value});
    }
    CHECK(read({"--preserve-fds=-9223372036854775808"}).options.number("preserve-fds") ==
          std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("an empty value counts as given") {
    const CommandLine line = read({"--bundle="});
    CHECK(line.options.given("bundle"));
    CHECK(line.options.text("bundle").empty());
}

TEST_CASE("a wrong command line is an error of kind usage") {
    const auto line = read_line(kFlags, std::vector<const char*>{"--nosuch"}, Order::anywhere);
    REQUIRE_FALSE(line.has_value());
    CHECK(line.error().kind() == Error::Kind::usage);
}

}  // namespace
}  // namespace crux::cmd
