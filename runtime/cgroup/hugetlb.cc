#include "runtime/base/text.h"
#include "runtime/cgroup/controllers.h"

namespace crux::cgroup {

namespace {

/// "2MB": a number and one of the kernel's units, so that it can be part of a file name (R8).
bool is_page_size(std::string_view size) {
    if (!size.ends_with("KB") && !size.ends_with("MB") && !size.ends_with("GB")) return false;
    size.remove_suffix(2);
    return to_number<std::uint64_t>(size).value_or(0) != 0;
}

}  // namespace

Status add_hugetlb(LimitsBuilder& builder, const std::vector<oci::HugepageLimit>& limits) {
    for (std::size_t i = 0; i < limits.size(); ++i) {
        const oci::HugepageLimit& limit = limits[i];
        std::string origin = builder.origin("/hugepageLimits", i);
        if (!is_page_size(limit.page_size))
            return LimitsBuilder::refuse(origin + "/pageSize",
                                         cat("invalid page size ", quoted(limit.page_size)));
        ControllerLocation location =
            TRY(builder.location("hugetlb", "hugetlb", "/hugepageLimits"));
        std::string_view suffix = location.version == 1 ? ".limit_in_bytes" : ".max";
        std::string file = cat("hugetlb.", limit.page_size);
        builder.add(location, cat(file, suffix), cat(limit.limit), origin);
        // Reservation limits exist since Linux 5.7; without them only the limit on faults applies.
        builder.add(location, cat(file, ".rsvd", suffix), cat(limit.limit), origin).when_absent =
            WhenAbsent::skip;
    }
    return {};
}

}  // namespace crux::cgroup
