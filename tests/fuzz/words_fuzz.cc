// Words and numbers: signals, lists of CPUs, mount options, users, kernel versions, and the
// kernel's own lists of mounts and cgroups.

#include "cmd/crux/exec_options.h"
#include "oci-spec/parsers.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/host/cgroup_layout.h"
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
    if (cmd::parse_user(text))
        hold(text.find_first_not_of("0123456789:") == std::string_view::npos);
}

void check_lists(std::string_view text) {
    std::vector<std::string> options;
    for (const std::string_view word : split(text, ',')) options.emplace_back(word);
    (void)oci::parse_mount_options(options);
    (void)quoted(text);
    (void)trimmed(text);
    (void)host::parse_kernel_release(text);
    (void)host::parse_controllers(text);
    (void)host::parse_memberships(text);
    (void)host::parse_mountinfo(text);
    const std::size_t half = text.find('\f');
    if (half != std::string_view::npos)
        (void)host::parse_cgroup_layout(text.substr(0, half), text.substr(half + 1));
}

}  // namespace
}  // namespace crux

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    crux::check_numbers(text_of(bytes, size));
    crux::check_lists(text_of(bytes, size));
    return 0;
}
