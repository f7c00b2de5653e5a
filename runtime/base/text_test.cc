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

TEST_CASE("controls of Unicode are escaped too, and other characters are kept") {
    CHECK(quoted("\u009b31m\u2028\u202e\u2066\u200f") == R"("\u009b31m\u2028\u202e\u2066\u200f")");
    CHECK(quoted("\u00a0\u2027\u202f\u2065\U0001f427") == "\"\u00a0\u2027\u202f\u2065\U0001f427\"");
}

TEST_CASE("a text of others becomes one line that controls nothing") {
    CHECK(one_line("a \"b\" \\ c") == "a \"b\" \\ c");
    CHECK(one_line("a\nb\x1b[31m\r\xff\u009b") == R"(a\nb\x1b[31m\r\xff\u009b)");
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const std::string line = one_line(std::string_view(&c, 1));
        CHECK(line.size() == (byte < 0x20 || byte >= 0x7f ? (line[1] == 'x' ? 4 : 2) : 1));
    }
}

TEST_CASE("a text that is too long is cut between two characters") {
    CHECK(shortened("short", 100) == "short");
    const std::string cut = shortened(std::string(99, 'a') + "\u20ac" + std::string(100, 'b'), 148);
    CHECK(cut == std::string(99, 'a') + " ... (103 more bytes)");
    CHECK(shortened(std::string(1 << 20, '\xa9')).size() <= kMessageMax);
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
