#include "runtime/capability/kernel.h"

#include <sys/capability.h>

#include <limits>
#include <memory>
#include <type_traits>

namespace crux::capability {

namespace {

struct Free {
    void operator()(::cap_t sets) const { ::cap_free(sets); }
};
using Sets = std::unique_ptr<std::remove_pointer_t<::cap_t>, Free>;

bool has(const Sets& sets, unsigned number, ::cap_flag_t which) {
    ::cap_flag_value_t value = CAP_CLEAR;
    return sets &&
           ::cap_get_flag(sets.get(), static_cast<::cap_value_t>(number), which, &value) == 0 &&
           value == CAP_SET;
}

}  // namespace

int last() {
    return ::cap_max_bits() - 1;
}

Set effective() {
    const Sets sets(::cap_get_proc());
    Set out = 0;
    for (unsigned number = 0; static_cast<int>(number) <= last(); ++number)
        if (has(sets, number, CAP_EFFECTIVE)) out |= bit(number);
    return out;
}

Set bounding() {
    Set all = 0;
    for (unsigned number = 0; static_cast<int>(number) <= last(); ++number) all |= bit(number);
    return all & ~outside_bounding(all);
}

Set outside_bounding(Set wanted) {
    Set missing = 0;
    for (unsigned number = 0; number < std::numeric_limits<Set>::digits; ++number)
        if (holds(wanted, number) && ::cap_get_bound(static_cast<::cap_value_t>(number)) != 1)
            missing |= bit(number);
    return missing;
}

bool file_grants(const std::string& path, std::string_view name) {
    const auto number = number_of(name);
    return number && has(Sets(::cap_get_file(path.c_str())), *number, CAP_PERMITTED);
}

}  // namespace crux::capability
