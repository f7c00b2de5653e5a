#include "runtime/plan/json.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using crux::plan::json_string;
using crux::plan::JsonWriter;

TEST_CASE("a text as a JSON string reads back as itself") {
    const std::string texts[] = {"",
                                 "plain",
                                 "a \"quote\" and a \\",
                                 "line\nand\ttab",
                                 std::string("\x01\x1f\x7f"),
                                 "gr\xc3\xbc\xc3\x9f",
                                 "\xf0\x9f\x90\xa7"};
    for (const std::string& text : texts) {
        INFO(text);
        CHECK(nlohmann::json::parse(json_string(text)).get<std::string>() == text);
    }
}

TEST_CASE("what is not UTF-8 is replaced byte by byte") {
    CHECK(json_string("a\xff"
                      "b") ==
          "\"a\xef\xbf\xbd"
          "b\"");
    CHECK(json_string("\xc3") == "\"\xef\xbf\xbd\"");                                  // cut short
    CHECK(json_string("\xc0\xaf") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");                  // too long
    CHECK(json_string("\xed\xa0\x80") == "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // surrogate
}

TEST_CASE("a written document has the members that were given, in order") {
    JsonWriter json;
    json.open_object();
    json.member("id", "x\"y");
    json.member("count", 3);
    json.member("yes", true);
    json.open_array("steps");
    json.open_object();
    json.member("n", 1);
    json.close_object();
    json.element("two");
    json.close_array();
    json.open_array("none");
    json.close_array();
    json.close_object();
    const std::string text = std::move(json).take();
    const auto read = nlohmann::ordered_json::parse(text);
    CHECK(read.dump() == R"({"id":"x\"y","count":3,"yes":true,"steps":[{"n":1},"two"],"none":[]})");
    CHECK(text.back() == '\n');
}
