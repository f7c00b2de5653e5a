#include "runtime/base/text.h"

#include "tests/support/catch.h"

namespace crux {
namespace {

TEST_CASE("in a quoted text, quotes, control characters and invalid UTF-8 are escaped") {
    CHECK(quoted("plain") == R"("plain")");
    CHECK(quoted("a\"b\\c\n\t\r\x01\x7f") == R"("a\"b\\c\n\t\r\x01\x7f")");
    CHECK(quoted("\xc3\xa9\xf0\x9f\x90\xa7") == "\"\xc3\xa9\xf0\x9f\x90\xa7\"");
    CHECK(quoted("a\xff") == R"("a\xff")");
    CHECK(quoted("\xc3") == R"("\xc3")");                  // cut
    CHECK(quoted("\xc0\xaf") == R"("\xc0\xaf")");          // too long
    CHECK(quoted("\xed\xa0\x80") == R"("\xed\xa0\x80")");  // surrogate
}

TEST_CASE("the length of a UTF-8 sequence follows RFC 3629") {
    CHECK(utf8_length("") == 0);
    CHECK(utf8_length("ab") == 1);
    CHECK(utf8_length("\xc3\xa9x") == 2);
    CHECK(utf8_length("\xe2\x82\xac") == 3);
    CHECK(utf8_length("\xf0\x9f\x90\xa7") == 4);
    CHECK(utf8_length("\x80") == 0);
    CHECK(utf8_length("\xf4\x90\x80\x80") == 0);
}

}  // namespace
}  // namespace crux
