#include "runtime/capability/kernel.h"

#include <sys/capability.h>

#include <array>
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

Set set_of(const Sets& sets, ::cap_flag_t which) {
    Set out = 0;
    for (unsigned number = 0; static_cast<int>(number) <= last(); ++number)
        if (has(sets, number, which)) out |= bit(number);
    return out;
}

bool raise(const Sets& sets, ::cap_flag_t which, Set wanted) {
    std::array<::cap_value_t, std::numeric_limits<Set>::digits> numbers{};
    int count = 0;
    for (unsigned number = 0; static_cast<int>(number) <= last(); ++number)
        if (holds(wanted, number))
            numbers[static_cast<std::size_t>(count++)] = static_cast<::cap_value_t>(number);
    return count == 0 || ::cap_set_flag(sets.get(), which, count, numbers.data(), CAP_SET) == 0;
}

}  // namespace

int last() {
    return ::cap_max_bits() - 1;
}

Set effective() {
    return set_of(Sets(::cap_get_proc()), CAP_EFFECTIVE);
}

ProcessSets process_sets() {
    const Sets sets(::cap_get_proc());
    return {.effective = set_of(sets, CAP_EFFECTIVE),
            .permitted = set_of(sets, CAP_PERMITTED),
            .inheritable = set_of(sets, CAP_INHERITABLE)};
}

bool set_process_sets(const ProcessSets& wanted) {
    const Sets sets(::cap_init());
    return sets && raise(sets, CAP_EFFECTIVE, wanted.effective) &&
           raise(sets, CAP_PERMITTED, wanted.permitted) &&
           raise(sets, CAP_INHERITABLE, wanted.inheritable) && ::cap_set_proc(sets.get()) == 0;
}

bool clear_bounding() {
    for (int number = 0; number <= last(); ++number)
        if (::cap_drop_bound(number) != 0) return false;
    return true;
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
