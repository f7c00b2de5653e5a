#include "runtime/seccomp/calls.h"

#include <seccomp.h>

#include <algorithm>
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
    return seccomp_syscall_resolve_name(name.c_str()) != __NR_SCMP_ERROR;
}

std::vector<std::string> native_calls() {
    std::vector<std::string> names;
    const std::uint32_t native = seccomp_arch_native();
    for (int number = 0; number < kNumbers; ++number) {
        const std::unique_ptr<char, Free> found(seccomp_syscall_resolve_num_arch(native, number));
        if (found) names.emplace_back(found.get());
    }
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
    if (number < 0) return {};
    return {{.number = static_cast<std::uint32_t>(number)}};
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
