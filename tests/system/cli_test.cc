// The contract of the command line with its callers: texts, files and exit codes of the program.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/command.h"

namespace crux::test {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kCommands[] = {"create", "delete",   "explain", "kill", "list",
                                     "pause",  "resume",   "run",     "spec", "start",
                                     "state",  "validate", "doctor"};

/// A new state root for this test.
std::string empty_root() {
    static int count = 0;
    std::string path = work_folder() + "/cli-root-" + std::to_string(++count);
    REQUIRE(::mkdir(path.c_str(), 0700) == 0);
    return path;
}

Outcome crux(Words words, const CommandOptions& options = {}) {
    words.insert(words.begin(), crux_program());
    return run(words, options);
}

Words lines_of(const std::string& text) {
    Words lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

/// The message in the only entry of the text log on standard error.
std::string only_entry(const Outcome& outcome) {
    const Words lines = lines_of(outcome.err);
    REQUIRE(lines.size() == 1);
    const std::string begin = " level=error msg=\"";
    const std::size_t place = lines[0].find(begin);
    REQUIRE(place != std::string::npos);
    CHECK(lines[0].starts_with("time=\""));
    CHECK(lines[0].ends_with('"'));
    return lines[0].substr(place + begin.size(), lines[0].size() - place - begin.size() - 1);
}

TEST_CASE("every command answers a help probe with exit code 0 on standard output") {
    for (const char* command : kCommands) {
        for (const char* flag : {"-h", "--help", "-help"}) {
            const Outcome help = crux({command, flag});
            INFO(help.describe());
            CHECK(help.status == 0);
            CHECK(help.err.empty());
            const Words lines = lines_of(help.out);
            REQUIRE(lines.size() > 2);
            CHECK(lines[0] == "NAME:");
            CHECK(lines[1].starts_with("   crux " + std::string(command) + " - "));
        }
    }
}

TEST_CASE("the program's help lists every command") {
    for (const Words& words : std::vector<Words>{{}, {"-h"}, {"--help"}, {"help"}, {"h"}}) {
        const Outcome help = crux(words);
        CHECK(help.status == 0);
        CHECK(help.err.empty());
        CHECK_THAT(help.out,
                   Catch::StartsWith("NAME:\n   crux - Open Container Initiative runtime\n"));
        for (const char* command : kCommands)
            CHECK_THAT(help.out, Catch::Contains("\n   " + std::string(command) + ' '));
    }
}

TEST_CASE("an unknown command is exit code 3 and no help topic") {
    for (const Words& words : std::vector<Words>{{"foo"}, {"foo", "-h"}, {"help", "foo"}}) {
        const Outcome outcome = crux(words);
        CHECK(outcome.status == 3);
        CHECK(outcome.out.empty());
        CHECK(only_entry(outcome) == "No help topic for 'foo'");
    }
}

TEST_CASE("the message for a misspelled command, flag or signal suggests the right one") {
    const Outcome command = crux({"craete", "x"});
    CHECK(command.status == 3);
    CHECK(only_entry(command) == R"(No help topic for 'craete' (did you mean \"create\"?))");
    const Outcome flag = crux({"create", "--budnle", "/x", "x"});
    CHECK(flag.status == 1);
    CHECK(only_entry(flag) ==
          R"(flag provided but not defined: -budnle (did you mean \"--bundle\"?))");
    CHECK_THAT(flag.out, Catch::StartsWith("Incorrect Usage: flag provided but not defined: "
                                           "-budnle (did you mean \"--bundle\"?)\n\nNAME:\n"));
    const Outcome global = crux({"--log-formt", "json", "list"});
    CHECK(global.status == 1);
    CHECK(only_entry(global) ==
          R"(flag provided but not defined: -log-formt (did you mean \"--log-format\"?))");
    const Outcome signal = crux({"kill", "nosuch", "TEMR"});
    CHECK(signal.status == 1);
    CHECK(only_entry(signal) == R"(unknown signal \"TEMR\" (did you mean \"TERM\"?))");
}

TEST_CASE("the version names itself on the first line alone") {
    for (const char* flag : {"-v", "--version", "-version"}) {
        const Outcome version = crux({flag});
        CHECK(version.status == 0);
        CHECK(version.err.empty());
        const Words lines = lines_of(version.out);
        REQUIRE(lines.size() >= 2);
        CHECK_THAT(lines[0], Catch::Matches("crux version [0-9]+\\.[0-9]+\\.[0-9]+.*"));
        for (std::size_t i = 1; i < lines.size(); ++i) {
            CHECK_THAT(lines[i], Catch::Matches("[a-z]+: .+"));
            CHECK_THAT(lines[i], !Catch::Contains("version"));
        }
    }
}

TEST_CASE("a program called runc says so in its version and its help") {
    const std::string link = work_folder() + "/runc";
    REQUIRE(::symlink(crux_program().c_str(), link.c_str()) == 0);
    CHECK_THAT(run({link, "--version"}).out, Catch::StartsWith("runc version "));
    CHECK_THAT(run({link, "kill", "-h"}).out, Catch::StartsWith("NAME:\n   runc kill - "));
    ::unlink(link.c_str());
}

TEST_CASE("usage errors go to standard output with help, and to the log") {
    const std::string program = crux_program();
    const struct {
        Words words;
        std::string explanation;
        std::string error;
    } cases[] = {
        {{"state", "--foo", "x"},
         "Incorrect Usage: flag provided but not defined: -foo\n\nNAME:\n   crux state - ",
         "flag provided but not defined: -foo"},
        {{"run", "-it", "x"},
         "Incorrect Usage: flag provided but not defined: -it\n\nNAME:\n   crux run - ",
         "flag provided but not defined: -it"},
        {{"create", "x", "--bundle"},
         "Incorrect Usage: flag needs an argument: -bundle\n\nNAME:\n   crux create - ",
         "flag needs an argument: -bundle"},
        {{"create", "--preserve-fds=many", "x"},
         "Incorrect Usage: invalid value \"many\" for flag -preserve-fds: parse error\n\nNAME:\n",
         R"(invalid value \"many\" for flag -preserve-fds: parse error)"},
        {{"--root"},
         "Incorrect Usage. flag needs an argument: -root\n\nNAME:\n   crux - ",
         "flag needs an argument: -root"},
        {{"state"},
         "Incorrect Usage.\n\nNAME:\n   crux state - ",
         program + R"(: \"state\" requires exactly 1 argument(s))"},
        {{"list", "x"},
         "Incorrect Usage.\n\nNAME:\n   crux list - ",
         program + R"(: \"list\" requires exactly 0 argument(s))"},
        {{"kill"},
         "Incorrect Usage.\n\nNAME:\n   crux kill - ",
         program + R"(: \"kill\" requires a minimum of 1 argument(s))"},
        {{"kill", "x", "9", "9"},
         "Incorrect Usage.\n\nNAME:\n   crux kill - ",
         program + R"(: \"kill\" requires a maximum of 2 argument(s))"},
    };
    for (const auto& one : cases) {
        const Outcome outcome = crux(one.words);
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.out, Catch::StartsWith(one.explanation));
        CHECK(only_entry(outcome) == one.error);
    }
}

TEST_CASE("a container that does not exist is one error and exit code 1") {
    const std::string root = empty_root();
    for (const char* command : {"state", "start", "kill", "delete", "pause", "resume"}) {
        INFO(command);
        const Outcome outcome = crux({"--root", root, command, "nosuch"});
        CHECK(outcome.status == 1);
        CHECK(outcome.out.empty());
        CHECK_THAT(only_entry(outcome), Catch::Contains("does not exist"));
    }
    ::rmdir(root.c_str());
}

TEST_CASE("the log gets one JSON line and standard error the bare sentence") {
    const std::string root = empty_root();
    const std::string log = work_folder() + "/cli.log";
    // As containerd's shim passes it, and as conmon-rs does with --root given twice.
    for (const Words& where :
         std::vector<Words>{{"--root", root}, {"--root=" + root, "--root=" + root}}) {
        Words words = where;
        words.insert(words.end(),
                     {"--log", log, "--log-format", "json", "--systemd-cgroup", "state", "nosuch"});
        const Outcome outcome = crux(words);
        CHECK(outcome.status == 1);
        CHECK(outcome.err == "container does not exist\n");
    }
    const Words lines = lines_of(read_file(log));
    REQUIRE(lines.size() == 2);
    for (const std::string& line : lines) {
        const auto entry = nlohmann::json::parse(line);
        CHECK(entry.at("code") == "not-found");
        CHECK(entry.at("level") == "error");
        CHECK(entry.at("msg") == "container does not exist");
        CHECK_THAT(entry.at("time").get<std::string>(),
                   Catch::Matches("[0-9-]{10}T[0-9:]{8}(Z|[+-][0-9][0-9]:[0-9][0-9])"));
    }
    ::unlink(log.c_str());

    // crun's form, with a success, which makes the file and writes nothing.
    CHECK(crux({"--root", root, "--log", "file:" + log, "list"}).status == 0);
    CHECK(read_file(log).empty());
    ::unlink(log.c_str());
    ::rmdir(root.c_str());
}

TEST_CASE("usage errors reach a log that was named before them") {
    const std::string log = work_folder() + "/usage.log";
    const Outcome outcome = crux({"--log", log, "--log-format=json", "state", "--foo"});
    CHECK(outcome.status == 1);
    CHECK(outcome.err == "flag provided but not defined: -foo\n");
    CHECK(nlohmann::json::parse(read_file(log)).at("msg") == "flag provided but not defined: -foo");
    ::unlink(log.c_str());
}

TEST_CASE("wrong global options are an error, and nothing is done") {
    const struct {
        Words words;
        std::string error;
    } cases[] = {
        {{"--root", "/", "list"}, "Option --root argument should not be set to /"},
        {{"--root", "/a/..", "list"}, "Option --root argument should not be set to /"},
        {{"--log-format", "xml", "list"}, "invalid log-format: xml"},
        {{"--log", "/nosuch/log", "list"}, "open /nosuch/log: no such file or directory"},
        {{"--root", work_folder() + "/nosuch", "list"},
         "state root " + work_folder() + "/nosuch: open: no such file or directory"},
    };
    for (const auto& one : cases) {
        const Outcome outcome = crux(one.words);
        CHECK(outcome.status == 1);
        CHECK(outcome.out.empty());
        CHECK(only_entry(outcome) == one.error);
    }
}

TEST_CASE("an empty list is a heading, null or nothing") {
    const std::string root = empty_root();
    CHECK(crux({"--root", root, "list"}).out ==
          "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n");
    CHECK(crux({"--root", root, "list", "--format", "json"}).out == "null\n");
    CHECK(crux({"--root", root, "list", "-f=json"}).out == "null\n");
    CHECK(crux({"--root", root, "list", "-q"}).out.empty());
    const Outcome outcome = crux({"--root", root, "list", "--format", "xml"});
    CHECK(outcome.status == 1);
    CHECK(only_entry(outcome) == "invalid format option");
    ::rmdir(root.c_str());
}

TEST_CASE("spec writes a config.json with tabs, once") {
    const std::string bundle = empty_root();
    REQUIRE(crux({"spec", "--bundle", bundle}).ok());
    const std::string text = read_file(bundle + "/config.json");
    CHECK_THAT(text, Catch::StartsWith("{\n\t\"ociVersion\": \""));
    CHECK(nlohmann::json::parse(text).at("process").at("args") == Words{"sh"});
    CommandOptions there;
    there.cwd = bundle;
    const Outcome again = crux({"spec"}, there);
    CHECK(again.status == 1);
    CHECK(only_entry(again) == "File config.json exists. Remove it first");
    CHECK(read_file(bundle + "/config.json") == text);
    ::unlink((bundle + "/config.json").c_str());
    ::rmdir(bundle.c_str());

    CHECK(only_entry(crux({"spec", "-b", bundle})) ==
          "chdir " + bundle + ": no such file or directory");
}

TEST_CASE("create and run prefix their failures") {
    const std::string root = empty_root();
    const std::string bundle = empty_root();
    for (const std::string command : {"create", "run"}) {
        const Outcome missing = crux({"--root", root, command, "-b", bundle + "/x", "id"});
        CHECK(missing.status == 1);
        CHECK(only_entry(missing) ==
              "runc " + command + " failed: chdir " + bundle + "/x: no such file or directory");
        const Outcome empty = crux({"--root", root, command, "-b", bundle, "id"});
        CHECK(empty.status == 1);
        CHECK(only_entry(empty) ==
              "runc " + command + " failed: JSON specification file config.json not found");
    }
    CHECK(::rmdir(bundle.c_str()) == 0);
    CHECK(::rmdir(root.c_str()) == 0);
}

TEST_CASE("unknown signals are errors with their name") {
    const std::string root = empty_root();
    for (const char* word : {"FOO", "-1", "65", "SIG", "9x"}) {
        const Outcome outcome = crux({"--root", root, "kill", "--", "nosuch", word});
        CHECK(outcome.status == 1);
        CHECK(only_entry(outcome) == R"(unknown signal \")" + std::string(word) + R"(\")");
    }
    ::rmdir(root.c_str());
}

TEST_CASE("delete by force is silent about what does not exist") {
    // The environment of rootful podman: an empty XDG_RUNTIME_DIR and nothing else.
    CommandOptions options;
    options.clear_env = true;
    options.env = {{"XDG_RUNTIME_DIR", ""}};
    const Outcome outcome = crux({"delete", "--force", our_tag() + "-nosuch"}, options);
    INFO(outcome.describe());
    CHECK(outcome.status == 0);
    CHECK(outcome.out.empty());
    CHECK(outcome.err.empty());
}

TEST_CASE("an output that cannot be written is a failure") {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    CommandOptions options;
    options.fds = {{1, full}};
    const Outcome outcome = crux({"--version"}, options);
    ::close(full);
    CHECK(outcome.status == 1);
    CHECK(only_entry(outcome) == "write /dev/stdout: no space left on device");
}

TEST_CASE("closed standard descriptors are not used for anything else") {
    const std::string log = work_folder() + "/closed.log";
    const std::string script =
        "exec '" + crux_program() + "' --log '" + log + "' state nosuch <&- >&- 2>&-";
    CHECK(run({"/bin/sh", "-c", script}).status == 1);
    CHECK(lines_of(read_file(log)).size() == 1);
    ::unlink(log.c_str());
}

}  // namespace
}  // namespace crux::test
