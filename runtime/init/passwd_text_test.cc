#include "runtime/init/passwd_text.h"

#include <string_view>

#include "tests/support/catch.h"

namespace crux::init {
namespace {

std::string home_of(std::uint32_t uid, std::string_view text, std::size_t piece = 4096) {
    static char out[kHomeMax];
    HomeSearch search(uid, out);
    for (std::size_t at = 0; at < text.size(); at += piece)
        if (search.take(text.data() + at, std::min(piece, text.size() - at))) break;
    search.finish();
    return out;
}

TEST_CASE("the home directory is that of the first line with the user's number") {
    constexpr std::string_view kText =
        "root:x:0:0:root:/root:/bin/sh\nx:y\nada:x:1000:1000:a:b:/wrong\n"
        "bob:x:1001:5::/home/bob\nbob:x:1001:5::/other:/bin/sh\n::1002::::\neve:x:1003:1::/eve";
    CHECK(home_of(0, kText) == "HOME=/root");
    CHECK(home_of(1000, kText) == "HOME=b");
    CHECK(home_of(1001, kText) == "HOME=/home/bob");
    CHECK(home_of(1002, kText) == "HOME=/");
    CHECK(home_of(1003, kText) == "HOME=/eve");
    CHECK(home_of(5, kText) == "HOME=/");
    CHECK(home_of(0, "") == "HOME=/");
    for (std::size_t piece = 1; piece < 8; ++piece)
        CHECK(home_of(1003, kText, piece) == "HOME=/eve");
}

TEST_CASE("what is no number of a user gives nobody a home directory") {
    for (const char* uid :
         {"", "-1", "0x0", " 0", "0 ", "+0", "4294967296", "18446744073709551616"}) {
        INFO(uid);
        const std::string text = std::string("a:x:") + uid + ":0::/a:/bin/sh\n";
        CHECK(home_of(0, text) == "HOME=/");
    }
    CHECK(home_of(4294967295, "a:x:4294967295:0::/a:\n") == "HOME=/a");
}

TEST_CASE("a home directory that does not fit is cut off") {
    const std::string text = "a:x:7:0::/" + std::string(5000, 'h') + ":/bin/sh\n";
    CHECK(home_of(7, text).size() == kHomeMax - 1);
    CHECK(home_of(8, text) == "HOME=/");
}

}  // namespace
}  // namespace crux::init
