// Words and numbers: signals, lists of CPUs, kernel versions, addresses, /proc/PID/stat, and what
// is printed of any text.

#include <algorithm>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/host/cgroup_layout.h"
#include "runtime/network/address.h"
#include "runtime/sys/process.h"
#include "tests/fuzz/fuzz.h"

namespace crux {
namespace {

void check_numbers(std::string_view text) {
    if (const auto number = oci::parse_signal(text))
        hold(*number >= 0 && *number <= oci::kSignalMax);
    if (const auto ranges = oci::parse_ranges(text)) {
        const auto again = oci::parse_ranges(oci::ranges_text(*ranges));
        hold(again.has_value());
        hold(oci::ranges_text(*again) == oci::ranges_text(*ranges));
    }
    // A number consists of digits and a sign only.
    if (to_number<std::int64_t>(text))
        hold(text.find_first_not_of("-0123456789") == std::string_view::npos);
    if (to_number<std::uint32_t>(text))
        hold(text.find_first_not_of("0123456789") == std::string_view::npos);
    if (const auto address = network::parse_address(text))
        hold(address->prefix <= address->size() * 8);
    if (const auto stat = sys::parse_process_stat(text)) hold(stat->state != ' ');
    (void)host::parse_kernel_release(text);
}

/// What is printed has neither control characters nor bytes that are not UTF-8.
void check_printed(std::string_view printed) {
    for (std::string_view rest = printed; !rest.empty();) {
        const std::size_t length = utf8_length(rest);
        hold(length > 0);
        const auto first = static_cast<unsigned char>(rest.front());
        hold(length > 1 || (first >= 0x20 && first != 0x7f));
        rest.remove_prefix(length);
    }
}

void check_texts(std::string_view text) {
    constexpr std::size_t kLongestEscape = 6;
    for (const std::string& printed : {quoted(text), one_line(text)}) {
        check_printed(printed);
        hold(printed.size() <= kLongestEscape * text.size() + 2);
    }
    for (const std::size_t most : {std::size_t{0}, std::size_t{64}, kMessageMax})
        hold(shortened(text, most).size() <= std::max<std::size_t>(most, 64));
    const std::string_view bare = trimmed(text);
    hold(trimmed(bare) == bare);
}

}  // namespace
}  // namespace crux

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    crux::check_numbers(text_of(bytes, size));
    crux::check_texts(text_of(bytes, size));
    return 0;
}
