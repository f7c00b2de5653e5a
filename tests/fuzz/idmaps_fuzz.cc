// ID mappings: the uidMappings of config.json as lines for the kernel and for newuidmap(1), the
// kernel's /proc/PID/uid_map, and /etc/subuid. An input that starts with "[" is JSON.

#include <algorithm>
#include <tuple>

#include "cmd/crux/state_root.h"
#include "oci-spec/config.h"
#include "oci-spec/rules.h"
#include "runtime/base/text.h"
#include "runtime/host/survey.h"
#include "runtime/launch/id_maps.h"
#include "runtime/plan/draft.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace crux;

/// No ID is mapped twice, and all are below the last one.
void check_ranges(const std::vector<oci::IdMapping>& mappings) {
    for (const bool inside : {true, false}) {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
        for (const oci::IdMapping& one : mappings) {
            const std::uint64_t first = inside ? one.container_id : one.host_id;
            ranges.emplace_back(first, first + one.size);
        }
        std::ranges::sort(ranges);
        std::uint64_t end = 0;
        for (const auto& [first, last] : ranges) {
            hold(first >= end && last > first && last < (std::uint64_t{1} << 32U));
            end = last;
        }
    }
}

void check_mappings(std::string_view json) {
    const std::string config = cat(
        R"({"ociVersion": "1.3.0", "root": {"path": "r"}, "linux": {"uidMappings": )", json,
        R"(, "gidMappings": [{"containerID": 0, "hostID": 0, "size": 1}], "namespaces": [{"type": "user"}]}})");
    const oci::Parsed parsed = oci::checked_config(config);
    if (parsed.diagnostics.has_errors()) return;
    const std::vector<oci::IdMapping>& mappings = parsed.config.linux.uid_mappings;
    check_ranges(mappings);
    const std::string lines = plan::id_map_text(mappings);
    const std::vector<std::string> words = launch::map_arguments(lines);
    constexpr std::size_t kNumbers = 3;
    hold(words.size() == kNumbers * mappings.size());
    for (std::size_t at = 0; at < mappings.size(); ++at) {
        hold(words[kNumbers * at] == cat(mappings[at].container_id));
        hold(words[(kNumbers * at) + 1] == cat(mappings[at].host_id));
        hold(words[(kNumbers * at) + 2] == cat(mappings[at].size));
    }
    if (mappings.size() == 1 && mappings[0].size == 1)
        hold(launch::is_single_id(lines, mappings[0].host_id));
}

void check_kernel_text(std::string_view text) {
    const std::vector<std::string> words = launch::map_arguments(text);
    if (cmd::is_initial_map(text)) hold(words == std::vector<std::string>{"0", "0", "4294967295"});
    if (launch::is_single_id(text, 1000)) hold(words.size() >= 3 && text.contains("1000"));
    const std::string user = host::user_name(text, 1000);
    hold(user.size() <= text.size() && user.find('\n') == std::string::npos);
    (void)host::subordinate_ids(text, user, 1000);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text = text_of(bytes, size);
    if (text.starts_with('['))
        check_mappings(text);
    else
        check_kernel_text(text);
    return 0;
}
