#include "runtime/seccomp/calls.h"

#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

namespace crux::seccomp {
namespace {

// If an architecture has a call only behind a multiplexer, libseccomp's tables use a pseudo number:
// -100 or -200 less the selector (__PNR_socket and __PNR_semop in its headers). Calls that an
// architecture does not have get numbers of -10000 and below.
constexpr int kSocketcall = -100;
constexpr int kIpc = -200;
constexpr int kSelectors = 99;

// If those calls also have numbers of their own, these are among the first 512; on mips numbers
// start at 4000.
constexpr int kNumbers = 512;
constexpr int kMipsFirst = 4000;

/// Calls that are newer than the libseccomp of Debian 12. Since Linux 5.0 a new call has one number
/// on all architectures, beyond the first one of the ABI (syscalls(2)).
struct NewCall {
    std::string_view name;
    std::uint32_t number;
};
constexpr auto kNewCalls = std::array{
    NewCall{"cachestat", 451},         NewCall{"fchmodat2", 452},
    NewCall{"map_shadow_stack", 453},  NewCall{"futex_wake", 454},
    NewCall{"futex_wait", 455},        NewCall{"futex_requeue", 456},
    NewCall{"statmount", 457},         NewCall{"listmount", 458},
    NewCall{"lsm_get_self_attr", 459}, NewCall{"lsm_set_self_attr", 460},
    NewCall{"lsm_list_modules", 461},  NewCall{"mseal", 462},
    NewCall{"setxattrat", 463},        NewCall{"getxattrat", 464},
    NewCall{"listxattrat", 465},       NewCall{"removexattrat", 466},
    NewCall{"open_tree_attr", 467},    NewCall{"file_getattr", 468},
    NewCall{"file_setattr", 469},
};

/// The number of the first call of an architecture's ABI.
std::uint32_t first_number(std::uint32_t token) {
    switch (token) {
        case SCMP_ARCH_X32:
            return 0x40000000;  // __X32_SYSCALL_BIT
        case SCMP_ARCH_MIPS:
        case SCMP_ARCH_MIPSEL:
            return kMipsFirst;
        case SCMP_ARCH_MIPS64:
        case SCMP_ARCH_MIPSEL64:
            return 5000;
        case SCMP_ARCH_MIPS64N32:
        case SCMP_ARCH_MIPSEL64N32:
            return 6000;
        default:
            return 0;
    }
}

std::optional<std::uint32_t> new_number(std::string_view name) {
    const auto* found = std::ranges::find(kNewCalls, name, &NewCall::name);
    if (found == kNewCalls.end()) return std::nullopt;
    return found->number;
}

constexpr std::uint32_t kWhole = 0xffffffff;
// The upper half of ipc's first argument is a version.
constexpr std::uint32_t kWithoutVersion = 0xffff;

struct Free {
    void operator()(char* text) const { std::free(text); }
};

bool is_behind(int number, int base) {
    return number < base && number >= base - kSelectors;
}

}  // namespace

bool is_known_call(const std::string& name) {
    return seccomp_syscall_resolve_name(name.c_str()) != __NR_SCMP_ERROR || new_number(name);
}

std::vector<std::string> native_calls() {
    std::vector<std::string> names;
    const std::uint32_t native = seccomp_arch_native();
    for (int number = 0; number < kNumbers; ++number) {
        const std::unique_ptr<char, Free> found(seccomp_syscall_resolve_num_arch(native, number));
        if (found) names.emplace_back(found.get());
    }
    for (const NewCall& call : kNewCalls)
        if (std::ranges::find(names, call.name) == names.end()) names.emplace_back(call.name);
    return names;
}

std::vector<Entrance> Calls::find(const std::string& name) {
    const int number = seccomp_syscall_resolve_name_arch(token_, name.c_str());
    Entrance selected{.selector_mask = kWhole};
    if (is_behind(number, kSocketcall)) {
        selected.selector = static_cast<std::uint32_t>(kSocketcall - number);
        return behind("socketcall", selected, name);
    }
    if (is_behind(number, kIpc)) {
        selected.selector = static_cast<std::uint32_t>(kIpc - number);
        selected.selector_mask = kWithoutVersion;
        return behind("ipc", selected, name);
    }
    if (number >= 0) return {{.number = static_cast<std::uint32_t>(number)}};
    // A libseccomp that knows the call says that the architecture does not have it.
    const auto newer = number == __NR_SCMP_ERROR ? new_number(name) : std::nullopt;
    if (!newer) return {};
    return {{.number = first_number(token_) + *newer}};
}

std::vector<Entrance> Calls::behind(const char* multiplexer, Entrance selected,
                                    const std::string& name) {
    const int number = seccomp_syscall_resolve_name_arch(token_, multiplexer);
    if (number < 0) return {};
    selected.number = static_cast<std::uint32_t>(number);
    std::vector<Entrance> all{selected};
    if (const auto own = own_number(name)) all.push_back({.number = *own});
    return all;
}

std::optional<std::uint32_t> Calls::own_number(const std::string& name) {
    if (numbered_.empty()) {
        const int first = token_ == SCMP_ARCH_MIPS || token_ == SCMP_ARCH_MIPSEL ? kMipsFirst : 0;
        for (int number = first; number < first + kNumbers; ++number) {
            const std::unique_ptr<char, Free> found(
                seccomp_syscall_resolve_num_arch(token_, number));
            if (found) numbered_.emplace_back(found.get(), number);
        }
    }
    const auto entry =
        std::ranges::find(numbered_, name, &std::pair<std::string, std::uint32_t>::first);
    if (entry == numbered_.end()) return std::nullopt;
    return entry->second;
}

}  // namespace crux::seccomp
