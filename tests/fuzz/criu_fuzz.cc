// What CRIU answers, and the errors in its log.

#include <algorithm>

#include "runtime/checkpoint/criu.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace crux;
    const std::string_view text = text_of(bytes, size);
    const auto response = checkpoint::parse_response(text);
    if (response) {
        hold(response->version >= 0);
        hold(response->script.size() + response->message.size() <= size);
        hold(!checkpoint::type_word(response->type).empty());
    } else {
        hold(!response.error().message().empty());
    }
    constexpr std::size_t kSeparators = 8;
    const std::string errors = checkpoint::errors_of(text);
    hold(errors.size() <= size + kSeparators);
    hold(std::ranges::count(errors, '\n') == 0);
    return 0;
}
