#include "cmd/crux/report.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/command.h"

namespace crux::cmd {
namespace {

using Level = Reporter::Level;

TEST_CASE("a text entry quotes what is not a plain word") {
    const char* time = "2026-01-02T03:04:05Z";
    CHECK(text_entry(Level::error, "container does not exist", time) ==
          "time=\"2026-01-02T03:04:05Z\" level=error msg=\"container does not exist\"\n");
    CHECK(text_entry(Level::warning, "plain-word_1.2/3@4^5+6", time) ==
          "time=\"2026-01-02T03:04:05Z\" level=warning msg=plain-word_1.2/3@4^5+6\n");
    CHECK(text_entry(Level::debug, "a \"b\"\n", time) ==
          "time=\"2026-01-02T03:04:05Z\" level=debug msg=\"a \\\"b\\\"\\n\"\n");
}

TEST_CASE("with debug messages, entries name the place that reports") {
    const std::string file = test::work_folder() + "/report.log";
    {
        Reporter report;
        REQUIRE(report.open(file, "json", Level::debug).has_value());
        report.warning("one");
    }
    {
        Reporter report;
        REQUIRE(report.open(file, "text", Level::debug).has_value());
        report.debug("two");
    }
    const std::string text = test::read_file(file);
    CHECK_THAT(text, Catch::StartsWith("{\"file\":\"cmd/crux/report_test.cc:"));
    CHECK_THAT(text, Catch::Contains("\",\"func\":\""));
    CHECK_THAT(text, Catch::Contains(",\"level\":\"warning\",\"msg\":\"one\","));
    CHECK_THAT(text, Catch::Contains(" level=debug msg=two func="));
    CHECK_THAT(text, Catch::Contains(" file=\"cmd/crux/report_test.cc:"));
    ::unlink(file.c_str());
}

TEST_CASE("on a terminal an entry has its level in colour and the seconds since the start") {
    CHECK(terminal_entry(Level::error, "no", 0) == "\x1b[31mERRO\x1b[0m[0000] no\n");
    CHECK(terminal_entry(Level::warning, "no", 12) == "\x1b[33mWARN\x1b[0m[0012] no\n");
    CHECK(terminal_entry(Level::error, "a\nb\x1b[2J", 0) ==
          "\x1b[31mERRO\x1b[0m[0000] a\\nb\\x1b[2J\n");
    CHECK(plain_entry("a\nb\x1b[2J") == "a\\nb\\x1b[2J\n");
    CHECK(plain_entry(std::string(100'000, '\x1b')).size() <= kMessageMax + 1);
    CHECK(terminal_entry(Level::info, "no", 1) == "\x1b[36mINFO\x1b[0m[0001] no\n");
    CHECK(terminal_entry(Level::debug, "no", 12345) == "\x1b[37mDEBU\x1b[0m[12345] no\n");
}

TEST_CASE("a FIFO without a reader as the log is an error, and one that is full does not block") {
    const std::string fifo = test::work_folder() + "/report.fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    Reporter report;
    const auto opened = report.open(fifo, "text", Level::warning);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message() == "open " + fifo + ": no such device or address");
    const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(report.open(fifo, "text", Level::warning).has_value());
    const std::string sentence(10000, 'a');
    for (int count = 0; count < 10; ++count) report.warning(sentence);
    ::close(reader);
    ::unlink(fifo.c_str());
}

TEST_CASE("entries of the requested level and above are appended to the file") {
    const std::string file = test::work_folder() + "/report.log";
    test::write_file(file, "before\n");
    {
        Reporter report;
        REQUIRE(report.open("file:" + file, "text", Level::warning).has_value());
        report.debug("not written");
        report.warning("one");
    }
    {
        Reporter report;
        REQUIRE(report.open(file, "", Level::debug).has_value());
        report.debug("two");
    }
    const std::string text = test::read_file(file);
    CHECK_THAT(text, Catch::StartsWith("before\ntime=\""));
    CHECK_THAT(text, Catch::Contains("level=warning msg=one\n"));
    CHECK_THAT(text, Catch::Contains("level=debug msg=two func="));
    CHECK_THAT(text, !Catch::Contains("not written"));
    ::unlink(file.c_str());
}

TEST_CASE("a log that cannot be opened is refused") {
    Reporter report;
    const Status format = report.open("", "xml", Level::warning);
    REQUIRE_FALSE(format.has_value());
    CHECK(format.error().message() == "invalid log-format: xml");
    const Status file = report.open("/nosuch/log", "json", Level::warning);
    REQUIRE_FALSE(file.has_value());
    CHECK(file.error().message() == "open /nosuch/log: no such file or directory");
}

}  // namespace
}  // namespace crux::cmd
