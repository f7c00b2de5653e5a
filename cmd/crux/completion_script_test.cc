#include "cmd/crux/completion_script.h"

#include <algorithm>

#include "cmd/crux/commands.h"
#include "cmd/crux/program.h"
#include "runtime/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/command.h"
#include "tests/support/facts.h"

namespace crux::cmd {
namespace {

std::string script_for(std::string_view shell) {
    auto script = completion_script(shell, "crux", global_flags(), all_commands());
    REQUIRE(script);
    return *script;
}

/// The completions that bash offers for the last word of the command line.
std::vector<std::string> offered(const std::string& line) {
    if (!test::run({"/bin/bash", "-c", "true"}).ok()) test::skip("bash is not installed");
    const std::string program = cat(
        script_for("bash"), "COMP_WORDS=(", line,
        ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_crux\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n");
    const test::Outcome outcome = test::run({"/bin/bash", "-c", program});
    INFO(outcome.describe());
    REQUIRE(outcome.ok());
    CHECK(outcome.err.empty());
    std::vector<std::string> words;
    for (const std::string_view word : split(outcome.out, '\n'))
        if (!word.empty()) words.emplace_back(word);
    return words;
}

TEST_CASE("each shell's script names every command and its flags") {
    for (const char* shell : {"bash", "zsh", "fish"}) {
        INFO(shell);
        const std::string script = script_for(shell);
        for (const Command* command : all_commands()) {
            CHECK_THAT(script, Catch::Contains(std::string(command->name)));
            for (const Flag& flag : command->flags) {
                const bool is_there = script.find(std::string(flag.name)) != std::string::npos;
                if (flag.hidden == Hidden::no) CHECK(is_there);
            }
        }
        CHECK(script.find("kernel-memory") == std::string::npos);
    }
    CHECK_FALSE(completion_script("tcsh", "crux", {}, {}));
}

TEST_CASE("bash completes commands, flags and nothing of other commands") {
    CHECK(offered("crux cre") == std::vector<std::string>{"create"});
    CHECK(offered("crux --ro") == std::vector<std::string>{"--root", "--rootless"});
    CHECK(offered("crux --root /x pau") == std::vector<std::string>{"pause"});
    CHECK(offered("crux run --det") == std::vector<std::string>{"--detach"});
    CHECK(offered("crux delete --det").empty());
    CHECK(offered("crux --log /x exec --pro") ==
          std::vector<std::string>{"--process", "--process-label"});
    const auto files = offered("crux run --bundle /etc/passw");
    CHECK(std::ranges::find(files, "/etc/passwd") != files.end());
}

}  // namespace
}  // namespace crux::cmd
