#include "cmd/crux/help.h"

#include "tests/support/catch.h"

namespace crux::cmd {
namespace {

constexpr Flag kFlags[] = {
    {.name = "bundle",
     .letters = "b",
     .takes = Takes::text,
     .help = "the directory",
     .value_name = "dir"},
    {.name = "all", .letters = "a", .hidden = Hidden::yes, .help = "all of them"},
    {.name = "env", .letters = "e", .takes = Takes::texts, .help = "a variable"},
    {.name = "preserve-fds", .takes = Takes::number, .initial = "0", .help = "how many"},
};

constexpr Command kPaint = {
    .name = "paint",
    .usage = "paint a thing",
    .arguments = "<thing>",
    .description = "Takes long.\n\nAnd smells.",
    .flags = kFlags,
};

TEST_CASE("the help of a command is made from its table") {
    CHECK(command_help("crux", kPaint) ==
          "NAME:\n"
          "   crux paint - paint a thing\n"
          "\n"
          "USAGE:\n"
          "   crux paint [command options] <thing>\n"
          "\n"
          "DESCRIPTION:\n"
          "   Takes long.\n"
          "\n"
          "   And smells.\n"
          "\n"
          "OPTIONS:\n"
          "   --bundle dir, -b dir   the directory\n"
          "   --env value, -e value  a variable (may be repeated)\n"
          "   --preserve-fds value   how many (default: 0)\n"
          "   --help, -h             show this help\n");
}

TEST_CASE("the help of the program names the commands and the global flags") {
    const Command* commands[] = {&kPaint};
    const std::string text = program_help("runc", kFlags, commands);
    CHECK_THAT(text, Catch::StartsWith("NAME:\n   runc - Open Container Initiative runtime\n"));
    CHECK_THAT(text, Catch::Contains("\n   runc [global options] command [command options] "
                                     "[arguments...]\n"));
    CHECK_THAT(text, Catch::Contains("\nCOMMANDS:\n   paint    paint a thing\n   help, h  "));
    CHECK_THAT(text,
               Catch::Contains("\nGLOBAL OPTIONS:\n   --bundle dir, -b dir   the directory\n"));
    CHECK_THAT(text, !Catch::Contains("--all"));
}

}  // namespace
}  // namespace crux::cmd
