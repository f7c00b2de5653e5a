#include "runtime/plan/filter_effect.h"

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <optional>
#include <set>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/plan/layout.h"

namespace crux::plan {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kNative = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kNative = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kNative = AUDIT_ARCH_RISCV64;
#endif

/// The accumulator; nothing: it depends on an argument of the call.
using Value = std::optional<std::uint32_t>;

/// Follows every path that the program can take for one call.
class Paths {
 public:
    Paths(std::span<const std::uint64_t> program, std::uint32_t call)
        : program_(program), call_(call) {}

    /// False if the program cannot be followed.
    bool follow() {
        left_.emplace_back(std::size_t{0}, std::uint32_t{0});
        while (!left_.empty()) {
            const auto [at, value] = left_.back();
            left_.pop_back();
            if (!walk(at, value)) return false;
        }
        return true;
    }

    std::vector<std::uint32_t> take() && { return std::move(results_); }

 private:
    /// One path to its end.
    bool walk(std::size_t at, Value value) {
        while (at < program_.size()) {
            const auto now = std::bit_cast<sock_filter>(program_[at++]);
            if (now.code == (BPF_RET | BPF_K)) return add(now.k);
            if (BPF_CLASS(now.code) != BPF_JMP) {
                if (!step(now, value)) return false;
            } else if (now.code == (BPF_JMP | BPF_JA)) {
                at += now.k;
            } else if (value) {
                const std::optional<bool> holds = compare(now, *value);
                if (!holds) return false;
                at += *holds ? now.jt : now.jf;
            } else {
                // Both ways, one of them later; once from here, since what depends on an argument
                // is the same whichever way led here.
                if (BPF_SRC(now.code) != BPF_K) return false;
                if (!seen_.insert(at).second) return true;
                left_.emplace_back(at + now.jt, value);
                at += now.jf;
            }
        }
        return false;
    }

    bool add(std::uint32_t result) {
        if (std::ranges::find(results_, result) == results_.end()) results_.push_back(result);
        return true;
    }

    bool step(const sock_filter& now, Value& value) const {
        if (now.code == (BPF_ALU | BPF_AND | BPF_K)) {
            if (value) *value &= now.k;
            return true;
        }
        if (now.code != (BPF_LD | BPF_W | BPF_ABS)) return false;
        value = std::nullopt;
        if (now.k == offsetof(seccomp_data, nr)) value = call_;
        if (now.k == offsetof(seccomp_data, arch)) value = kNative;
        return true;
    }

    static std::optional<bool> compare(const sock_filter& now, std::uint32_t value) {
        switch (now.code) {
            case BPF_JMP | BPF_JEQ | BPF_K:
                return value == now.k;
            case BPF_JMP | BPF_JGT | BPF_K:
                return value > now.k;
            case BPF_JMP | BPF_JGE | BPF_K:
                return value >= now.k;
            case BPF_JMP | BPF_JSET | BPF_K:
                return (value & now.k) != 0;
            default:
                return std::nullopt;
        }
    }

    std::span<const std::uint64_t> program_;
    std::uint32_t call_;
    std::vector<std::pair<std::size_t, Value>> left_;  ///< where other paths begin
    std::vector<std::uint32_t> results_;
    std::set<std::size_t> seen_;
};

bool kills(std::uint32_t result) {
    // A trap sends SIGSYS, for which init has the default disposition.
    switch (result & SECCOMP_RET_ACTION_FULL) {
        case SECCOMP_RET_KILL_PROCESS:
        case SECCOMP_RET_KILL_THREAD:
        case SECCOMP_RET_TRAP:
            return true;
        default:
            return false;
    }
}

bool returns(std::uint32_t result) {
    switch (result & SECCOMP_RET_ACTION_FULL) {
        case SECCOMP_RET_ERRNO:
        case SECCOMP_RET_LOG:
        case SECCOMP_RET_ALLOW:
            return true;
        default:
            return false;
    }
}

bool fails(std::uint32_t result) {
    return (result & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
}

/// Whether the program can return for the call, and returns such values only.
template <class Test>
bool all_are(std::span<const std::uint64_t> program, std::uint32_t call, Test test) {
    const std::vector<std::uint32_t> results = filter_results(program, call);
    return !results.empty() && std::ranges::all_of(results, test);
}

}  // namespace

std::vector<std::uint32_t> filter_results(std::span<const std::uint64_t> program,
                                          std::uint32_t call) {
    Paths paths(program, call);
    if (!paths.follow()) return {};
    return std::move(paths).take();
}

std::uint32_t filter_effects(std::span<const std::uint64_t> program) {
    // Those of cause_of() in runtime/init/program_cause.h.
    constexpr auto kLooks =
        std::array<std::uint32_t, 4>{__NR_openat, __NR_statx, __NR_faccessat, __NR_pread64};
    const bool lets_look = std::ranges::all_of(
        kLooks, [&](std::uint32_t call) { return all_are(program, call, returns); });
    std::uint32_t effects = 0;
    if (lets_look) effects |= kLetsLook;
    if (all_are(program, __NR_execve, fails)) effects |= kDeniesExec;
    return effects;
}

std::string denied_exec_words(std::span<const std::uint64_t> program) {
    const std::vector<std::uint32_t> results = filter_results(program, __NR_execve);
    if (results.size() != 1 || !fails(results[0])) return {};
    return errno_words(static_cast<int>(results[0] & SECCOMP_RET_DATA));
}

bool always_kills(std::span<const std::uint64_t> program, std::uint32_t call) {
    return all_are(program, call, kills);
}

}  // namespace crux::plan
