#include "oci-spec/json_writer.h"

#include <nlohmann/json.hpp>

#include "oci-spec/runc/log_line.h"
#include "tests/support/catch.h"

namespace crux::oci {
namespace {

TEST_CASE("strings are escaped as Go does it") {
    struct Row {
        const char* text;
        const char* json;
    };
    const auto row =
        GENERATE(Row{"", "\"\""}, Row{"plain \x7f", "\"plain \x7f\""},
                 Row{"\"\\/", "\"\\\"\\\\/\""}, Row{"\n\r\t\b\f\x01", "\"\\n\\r\\t\\b\\f\\u0001\""},
                 Row{"<a&b>", "\"\\u003ca\\u0026b\\u003e\""},
                 Row{"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xb3",
                     "\"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xb3\""},
                 Row{"\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\""});
    CHECK(json_string(row.text) == row.json);
}

TEST_CASE("the characters of HTML are kept on request") {
    CHECK(json_string("<a&b>\n\x01\"", HtmlEscapes::no) == "\"<a&b>\\n\\u0001\\\"\"");
    JsonWriter writer({}, HtmlEscapes::no);
    writer.begin_object();
    writer.member("<", ">&");
    writer.end_object();
    CHECK(writer.take() == R"({"<":">&"})");
}

TEST_CASE("a document can be taken in parts") {
    JsonWriter writer;
    writer.begin_object();
    writer.key("n");
    CHECK(writer.take() == R"({"n":)");
    writer.literal({});
    writer.member("m", 1);
    writer.end_object();
    CHECK(writer.take() == R"(,"m":1})");
}

TEST_CASE("bytes that are not UTF-8 are replaced one by one") {
    CHECK(json_string("a\xffz") == "\"a\\ufffdz\"");
    CHECK(json_string("\xc0\x80") == "\"\\ufffd\\ufffd\"");             // overlong
    CHECK(json_string("\xed\xa0\x80") == "\"\\ufffd\\ufffd\\ufffd\"");  // surrogate
    CHECK(json_string("\xf4\x90\x80\x80") ==
          "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");               // beyond U+10FFFF
    CHECK(json_string("\xe2\x82") == "\"\\ufffd\\ufffd\"");  // cut
}

TEST_CASE("every byte makes valid JSON") {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text = {'a', static_cast<char>(byte), 'b'};
        CHECK(nlohmann::json::accept(json_string(text)));
    }
}

std::string sample(std::string_view indent) {
    JsonWriter writer(indent);
    writer.begin_object();
    writer.member("n", -3);
    writer.member("t", true);
    writer.member("e", std::vector<std::string>{});
    writer.member("l", std::vector<std::string>{"x", "y"});
    writer.member("m", StringMap{{"b", "1"}, {"a", "2"}});
    writer.key("o");
    writer.begin_object();
    writer.end_object();
    writer.end_object();
    return writer.take();
}

TEST_CASE("documents on one line and indented") {
    CHECK(sample("") == R"({"n":-3,"t":true,"e":[],"l":["x","y"],"m":{"a":"2","b":"1"},"o":{}})");
    CHECK(sample("  ") == R"({
  "n": -3,
  "t": true,
  "e": [],
  "l": [
    "x",
    "y"
  ],
  "m": {
    "a": "2",
    "b": "1"
  },
  "o": {}
})");
}

TEST_CASE("a log line is one object on one line") {
    CHECK(log_line("error", "a \"b\"\nc", "2026-01-02T03:04:05Z") ==
          "{\"level\":\"error\",\"msg\":\"a \\\"b\\\"\\nc\",\"time\":\"2026-01-02T03:04:05Z\"}\n");
    const LogError error{.code = "system", .errno_name = "ENOENT", .causes = {"a", "b"}};
    CHECK(log_line("error", "a: b", "now", {}, &error) ==
          R"({"level":"error","msg":"a: b","time":"now","code":"system","errno":"ENOENT",)"
          R"("causes":["a","b"]})"
          "\n");
}

}  // namespace
}  // namespace crux::oci
