#include "runtime/seccomp/emit.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <ranges>
#include <utility>

#include "runtime/seccomp/conditions.h"

namespace crux::seccomp {
namespace {

using Code = std::vector<Instruction>;

constexpr std::uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint16_t kReturn = BPF_RET | BPF_K;
constexpr std::uint16_t kJump = BPF_JMP | BPF_JA;
constexpr std::uint16_t kJumpIfEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t kJumpIfNotBelow = BPF_JMP | BPF_JGE | BPF_K;
constexpr std::size_t kShortJump = 255;

/// The maximum number of ranges that are compared in sequence. A higher one makes the filter
/// shorter, which speeds up loading, and slower to run, which matters little: Linux 5.11 and later
/// cache the numbers that a filter always allows.
constexpr std::size_t kChain = 12;

void append(Code& code, const Code& more) {
    code.insert(code.end(), more.begin(), more.end());
}

/// "If the comparison holds, skip `between`, else continue into it." A conditional jump reaches 255
/// instructions; a longer distance takes one more instruction.
Code skip_if(std::uint16_t comparison, std::uint32_t value, const Code& between) {
    Code code;
    if (between.size() <= kShortJump) {
        code.push_back({comparison, static_cast<std::uint8_t>(between.size()), 0, value});
    } else {
        code.push_back({comparison, 0, 1, value});
        code.push_back({kJump, 0, 0, static_cast<std::uint32_t>(between.size())});
    }
    append(code, between);
    return code;
}

Code verdict_code(const Verdict& verdict, Width width) {
    Code code;
    for (const Guarded& guarded : verdict.guarded)
        append(code, guarded_code(guarded.conditions, guarded.action, width));
    code.push_back({kReturn, 0, 0, verdict.otherwise});
    return code;
}

/// The position of the code in the list, which is extended if it does not contain the code.
std::size_t place_of(std::vector<Code>& list, Code code) {
    const auto found = std::ranges::find(list, code);
    if (found != list.end()) return static_cast<std::size_t>(found - list.begin());
    list.push_back(std::move(code));
    return list.size() - 1;
}

/// A few ranges compared in sequence, from the last to the first, with one copy of each result
/// after the comparisons: little more than one instruction for each range, where a tree takes two.
/// Nothing if a comparison could not reach its result.
std::optional<Code> chain(std::span<const Range> ranges, Width width) {
    std::vector<Code> answers;
    std::vector<std::size_t> chosen;
    for (const Range& range : ranges)
        chosen.push_back(place_of(answers, verdict_code(range.verdict, width)));
    // The first range's result comes first: it is next if no comparison holds.
    std::vector<std::size_t> begins{ranges.size() - 1};
    for (const Code& answer : answers) begins.push_back(begins.back() + answer.size());
    if (begins.back() > kShortJump) return std::nullopt;
    Code code;
    for (std::size_t i = ranges.size() - 1; i > 0; --i) {
        const std::size_t distance = begins[chosen[i]] - code.size() - 1;
        code.push_back({kJumpIfNotBelow, static_cast<std::uint8_t>(distance), 0, ranges[i].first});
    }
    for (const Code& answer : answers) append(code, answer);
    return code;
}

/// A tree over the ranges with sequences as leaves; the call's number is already loaded.
Code tree(std::span<const Range> ranges, Width width) {
    if (ranges.size() <= kChain)
        if (auto code = chain(ranges, width)) return *std::move(code);
    if (ranges.size() == 1) return verdict_code(ranges.front().verdict, width);
    const std::size_t middle = ranges.size() / 2;
    const Code below = tree(ranges.first(middle), width);
    Code code = skip_if(kJumpIfNotBelow, ranges[middle].first, below);
    append(code, tree(ranges.subspan(middle), width));
    return code;
}

std::vector<Range> merged(const std::vector<Range>& ranges) {
    std::vector<Range> all;
    for (const Range& range : ranges) {
        const bool same = !all.empty() && range.verdict.guarded.empty() &&
                          all.back().verdict.guarded.empty() &&
                          range.verdict.otherwise == all.back().verdict.otherwise;
        if (!same) all.push_back(range);
    }
    return all;
}

}  // namespace

std::vector<Instruction> emit(std::span<const Section> sections, std::uint32_t foreign) {
    Code code{{kLoad, 0, 0, offsetof(seccomp_data, arch)}};
    // Emitted backwards: the distance between a comparison and its section must be known.
    Code rest{{kReturn, 0, 0, foreign}};
    for (const Section& section : std::views::reverse(sections)) {
        Code next = skip_if(kJumpIfEqual, section.audit_arch, rest);
        next.push_back({kLoad, 0, 0, offsetof(seccomp_data, nr)});
        append(next, tree(merged(section.ranges), section.width));
        rest = std::move(next);
    }
    append(code, rest);
    return code;
}

}  // namespace crux::seccomp
