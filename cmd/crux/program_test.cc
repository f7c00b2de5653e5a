#include "cmd/crux/program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>

#include "cmd/crux/help.h"
#include "cmd/crux/version.h"
#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/command.h"

namespace crux::cmd {
namespace {

constexpr Flag kFlags[] = {{.name = "all", .letters = "a"}};

Result<int> succeed(Call& call) {
    call.warnings.emplace_back("a warning");
    TRY(print("done\n"));
    return static_cast<int>(call.arguments.size());
}

Result<int> break_down(Call& call) {
    call.warnings.emplace_back("a warning");
    return fail(Error::Kind::state, "container does not exist");
}

constexpr Command kFine = {
    .name = "fine", .usage = "succeed", .flags = kFlags, .least = 1, .most = 2, .run = succeed};
constexpr Command kOne = {.name = "one", .usage = "fail", .least = 1, .most = 1, .run = break_down};
constexpr Command kExec = {.name = "exec",
                           .usage = "fail in another way",
                           .least = 1,
                           .most = kAnyNumber,
                           .order = Order::before_arguments,
                           .failure = "exec failed: ",
                           .failure_code = 255,
                           .run = break_down};
constexpr const Command* kCommands[] = {&kFine, &kOne, &kExec};

struct Ran {
    int code;
    std::string out;
    std::string err;
};

/// Replaces a standard descriptor with a file until restore().
class Redirected {
 public:
    explicit Redirected(int number)
        : number_(number), kept_(::dup(number)), file_(::memfd_create("output", 0)) {
        ::dup2(file_, number_);
    }
    std::string restore() {
        ::dup2(kept_, number_);
        std::string text(static_cast<std::size_t>(::lseek(file_, 0, SEEK_END)), '\0');
        const ssize_t size = ::pread(file_, text.data(), text.size(), 0);
        ::close(kept_);
        ::close(file_);
        REQUIRE(size == static_cast<ssize_t>(text.size()));
        return text;
    }

 private:
    int number_;
    int kept_;
    int file_;
};

Ran run(std::vector<const char*> words) {
    words.insert(words.begin(), "/usr/sbin/crux");
    std::fflush(nullptr);
    Redirected out(STDOUT_FILENO);
    Redirected err(STDERR_FILENO);
    const int code = run_program(kCommands, words);
    return {code, out.restore(), err.restore()};
}

std::string entry_of(const std::string& message) {
    return " level=error msg=\"" + message + "\"\n";
}

TEST_CASE("help goes to standard output with exit code 0") {
    const std::string whole = program_help("crux", global_flags(), kCommands);
    for (const std::vector<const char*>& words : std::vector<std::vector<const char*>>{
             {}, {"--help"}, {"-h"}, {"help"}, {"h"}, {"-help", "one"}}) {
        const Ran ran = run(words);
        CHECK(ran.code == 0);
        CHECK(ran.out == whole);
        CHECK(ran.err.empty());
    }
    const std::string one = command_help("crux", kOne);
    for (const std::vector<const char*>& words :
         std::vector<std::vector<const char*>>{{"one", "--help"},
                                               {"one", "-h"},
                                               {"one", "ID", "-h"},
                                               {"help", "one"},
                                               {"h", "one"}}) {
        const Ran ran = run(words);
        CHECK(ran.code == 0);
        CHECK(ran.out == one);
        CHECK(ran.err.empty());
    }
}

TEST_CASE("the version is printed even if other options are invalid") {
    for (const char* word : {"--version", "-v", "-V"}) {
        const Ran ran = run({"--log", "/nosuch/log", word, "one"});
        CHECK(ran.code == 0);
        CHECK(ran.out == version_text("crux"));
        CHECK(ran.err.empty());
    }
}

TEST_CASE("an unknown command is exit code 3") {
    for (const std::vector<const char*>& words : std::vector<std::vector<const char*>>{
             {"foo"}, {"foo", "-h"}, {"help", "foo"}, {"h", "foo"}}) {
        const Ran ran = run(words);
        CHECK(ran.code == 3);
        CHECK(ran.out.empty());
        CHECK_THAT(ran.err, Catch::EndsWith(entry_of("No help topic for 'foo'")));
    }
}

TEST_CASE("the message for a misspelled command suggests the right one") {
    for (const std::vector<const char*>& words :
         std::vector<std::vector<const char*>>{{"fien", "x"}, {"help", "fien"}}) {
        const Ran ran = run(words);
        CHECK(ran.code == 3);
        CHECK_THAT(ran.err, Catch::EndsWith(
                                entry_of(R"(No help topic for 'fien' (did you mean \"fine\"?))")));
    }
}

TEST_CASE("a wrong command line is explained on standard output and reported as an error") {
    const struct {
        std::vector<const char*> words;
        std::string explanation;
        std::string error;
    } cases[] = {
        {{"one", "--foo"},
         "Incorrect Usage: flag provided but not defined: -foo\n\nNAME:\n   crux one - fail\n",
         "flag provided but not defined: -foo"},
        {{"exec", "--foo"},
         "Incorrect Usage: flag provided but not defined: -foo\n\nNAME:\n   crux exec - ",
         "flag provided but not defined: -foo"},
        {{"--foo", "one"},
         "Incorrect Usage. flag provided but not defined: -foo\n\nNAME:\n   crux - ",
         "flag provided but not defined: -foo"},
        {{"--log"},
         "Incorrect Usage. flag needs an argument: -log\n\nNAME:\n   crux - ",
         "flag needs an argument: -log"},
        {{"one"},
         "Incorrect Usage.\n\nNAME:\n   crux one - fail\n",
         R"(/usr/sbin/crux: \"one\" requires exactly 1 argument(s))"},
        {{"one", "a", "b"},
         "Incorrect Usage.\n\nNAME:\n   crux one - fail\n",
         R"(/usr/sbin/crux: \"one\" requires exactly 1 argument(s))"},
        {{"fine"},
         "Incorrect Usage.\n\nNAME:\n   crux fine - succeed\n",
         R"(/usr/sbin/crux: \"fine\" requires a minimum of 1 argument(s))"},
        {{"fine", "a", "b", "c"},
         "Incorrect Usage.\n\nNAME:\n   crux fine - succeed\n",
         R"(/usr/sbin/crux: \"fine\" requires a maximum of 2 argument(s))"},
        {{"exec"},
         "Incorrect Usage.\n\nNAME:\n   crux exec - ",
         R"(/usr/sbin/crux: \"exec\" requires a minimum of 1 argument(s))"},
    };
    for (const auto& one : cases) {
        const Ran ran = run(one.words);
        CHECK(ran.code == 1);
        CHECK_THAT(ran.out, Catch::StartsWith(one.explanation));
        CHECK_THAT(ran.err, Catch::EndsWith(entry_of(one.error)));
    }
}

TEST_CASE("wrong global options are errors of exit code 1") {
    const struct {
        std::vector<const char*> words;
        std::string error;
    } cases[] = {
        {{"--root", "/", "one", "a"}, "Option --root argument should not be set to /"},
        {{"--root=/x/../..", "one", "a"}, "Option --root argument should not be set to /"},
        {{"--log-format", "xml", "one", "a"}, "invalid log-format: xml"},
        {{"--log-level", "loud", "one", "a"},
         "invalid log-level: loud: must be error, warning, info or debug"},
        {{"--log", "/nosuch/log", "one", "a"}, "open /nosuch/log: no such file or directory"},
        {{"--rootless", "maybe", "one", "a"},
         R"(invalid value \"maybe\" for --rootless: must be true, false or auto)"},
    };
    for (const auto& one : cases) {
        const Ran ran = run(one.words);
        CHECK(ran.code == 1);
        CHECK(ran.out.empty());
        CHECK_THAT(ran.err, Catch::EndsWith(entry_of(one.error)));
    }
}

TEST_CASE("a command's value is the exit code, and its warnings follow what it prints") {
    const Ran ran = run({"--root=/a", "--root", "/b", "--criu", "x", "fine", "a", "-a", "b"});
    CHECK(ran.code == 2);
    CHECK(ran.out == "done\n");
    CHECK_THAT(ran.err, Catch::EndsWith(" level=warning msg=\"a warning\"\n"));
    CHECK(run({"--log-level=error", "fine", "a"}).err.empty());
}

TEST_CASE("global flags of other runtimes are taken") {
    const Ran ran = run({"--criu", "/nosuch", "--log-level=error", "--cgroup-manager", "cgroupfs",
                         "--rootless=", "--rootless", "auto", "fine", "a", "-a", "b"});
    CHECK(ran.code == 2);
    CHECK(ran.err.empty());
}

TEST_CASE("a failure is one entry, with the command's prefix and exit code") {
    const Ran one = run({"one", "a"});
    CHECK(one.code == 1);
    CHECK_THAT(one.err, Catch::StartsWith("time=\""));
    CHECK_THAT(one.err, Catch::EndsWith(entry_of("container does not exist")));
    CHECK(std::count(one.err.begin(), one.err.end(), '\n') == 1);

    const Ran exec = run({"exec", "a", "--foo"});
    CHECK(exec.code == 255);
    CHECK_THAT(exec.err, Catch::EndsWith(entry_of("exec failed: container does not exist")));
}

TEST_CASE("with a log file, the plain error text is also on standard error") {
    const std::string file = test::work_folder() + "/program.log";
    const Ran ran = run({"--log", file.c_str(), "--log-format=json", "one", "a"});
    CHECK(ran.code == 1);
    CHECK(ran.err == "container does not exist\n");
    const std::string pattern = R"x(\{"level":"error","msg":"container does not exist","time":")x"
                                R"x([0-9-]{10}T[0-9:]{8}(Z|[+-][0-9][0-9]:[0-9][0-9])",)x"
                                R"x("code":"state","phase":"state","hint":"[^"]+"\}\n)x";
    CHECK_THAT(test::read_file(file), Catch::Matches(pattern));

    ::unlink(file.c_str());
    const Ran good = run({"--log", file.c_str(), "--log-level=error", "fine", "a"});
    CHECK(good.err.empty());
    CHECK(test::read_file(file).empty());
    ::unlink(file.c_str());
}

}  // namespace
}  // namespace crux::cmd
