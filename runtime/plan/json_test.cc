#include "runtime/plan/json.h"

#include "tests/support/catch.h"

using crux::plan::json_string;
using crux::plan::JsonWriter;

TEST_CASE("a text as a JSON string has its quotes and escapes") {
    CHECK(json_string("") == R"("")");
    CHECK(json_string("plain") == R"("plain")");
    CHECK(json_string("a \"quote\" and a \\") == R"("a \"quote\" and a \\")");
    CHECK(json_string("line\nand\ttab") == R"("line\nand\ttab")");
    CHECK(json_string("\x01\x1f\x7f") == R"("\u0001\u001f\u007f")");
    CHECK(json_string("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xa7") ==
          "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xa7\"");
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
    json.close_array();
    json.open_array("none");
    json.close_array();
    json.close_object();
    CHECK(std::move(json).take() == R"({
  "id": "x\"y",
  "count": 3,
  "yes": true,
  "steps": [
    {
      "n": 1
    },
    "two"
  ],
  "none": []
}
)");
}
