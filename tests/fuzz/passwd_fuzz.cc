// /etc/passwd of an image, as init reads it: the result is a text in its buffer, whatever the
// pieces in which the file is read, and it is what splitting the lines gives. Before the first
// newline is the user ID.

#include <algorithm>
#include <memory>
#include <string>

#include "runtime/base/text.h"
#include "runtime/host/survey.h"
#include "runtime/init/passwd_text.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace crux;

std::string found_by_init(std::uint32_t uid, std::string_view text, std::size_t piece) {
    // Of exactly this size, so that a byte too many is seen.
    struct Home {
        char text[init::kHomeMax];
    };
    const auto home = std::make_unique<Home>();
    init::HomeSearch search(uid, home->text);
    for (std::size_t at = 0; at < text.size(); at += piece) {
        const std::string_view part = text.substr(at, piece);
        if (search.take(part.data(), part.size())) break;
    }
    search.finish();
    return home->text;
}

std::string expected(std::uint32_t uid, std::string_view text) {
    constexpr std::size_t kPrefix = sizeof "HOME=" - 1;
    std::string home = "HOME=/";
    for (const std::string_view line : split(text, '\n')) {
        const std::vector<std::string_view> fields = split(line, ':');
        constexpr std::size_t kUid = 2;
        constexpr std::size_t kHome = 5;
        if (fields.size() <= kHome || to_number<std::uint32_t>(fields[kUid]) != uid) continue;
        if (!fields[kHome].empty())
            home = cat("HOME=", fields[kHome].substr(0, init::kHomeMax - 1 - kPrefix));
        break;
    }
    return home.c_str();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::string_view text = text_of(bytes, size);
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto uid = to_number<std::uint32_t>(text.substr(0, end)).value_or(1000);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string wanted = expected(uid, text);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}})
        hold(found_by_init(uid, text, piece) == wanted);
    hold(host::user_name(text, uid).find('\n') == std::string::npos);
    return 0;
}
