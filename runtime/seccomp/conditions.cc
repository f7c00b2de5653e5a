#include "runtime/seccomp/conditions.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <bit>
#include <cstddef>

namespace crux::seccomp {
namespace {

using Code = std::vector<Instruction>;

constexpr std::uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint16_t kAnd = BPF_ALU | BPF_AND | BPF_K;
constexpr std::uint16_t kReturn = BPF_RET | BPF_K;
constexpr std::uint16_t kEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t kAbove = BPF_JMP | BPF_JGT | BPF_K;
constexpr std::uint16_t kNotBelow = BPF_JMP | BPF_JGE | BPF_K;

/// A jump out of the whole group of conditions; the distance is filled in later. No other jump here
/// is longer than a few instructions.
constexpr std::uint8_t kFail = 255;

struct Halves {
    std::uint32_t high;
    std::uint32_t low;
};

constexpr Halves halves(std::uint64_t value) {
    return {static_cast<std::uint32_t>(value >> 32U), static_cast<std::uint32_t>(value)};
}

constexpr bool kBigEndian = std::endian::native == std::endian::big;

Instruction load_low(std::uint32_t argument) {
    const std::size_t offset = offsetof(seccomp_data, args) + (std::size_t{argument} * 8);
    return {kLoad, 0, 0, static_cast<std::uint32_t>(offset + (kBigEndian ? 4 : 0))};
}

Instruction load_high(std::uint32_t argument) {
    const std::size_t offset = offsetof(seccomp_data, args) + (std::size_t{argument} * 8);
    return {kLoad, 0, 0, static_cast<std::uint32_t>(offset + (kBigEndian ? 0 : 4))};
}

/// Compares the lower half, already loaded; continues if the comparison holds.
Instruction compare_low(oci::SeccompOperator op, std::uint32_t value) {
    switch (op) {
        case oci::SeccompOperator::ne:
            return {kEqual, kFail, 0, value};
        case oci::SeccompOperator::lt:
            return {kNotBelow, kFail, 0, value};
        case oci::SeccompOperator::le:
            return {kAbove, kFail, 0, value};
        case oci::SeccompOperator::eq:
        case oci::SeccompOperator::masked_eq:
            return {kEqual, 0, kFail, value};
        case oci::SeccompOperator::ge:
            return {kNotBelow, 0, kFail, value};
        case oci::SeccompOperator::gt:
            return {kAbove, 0, kFail, value};
    }
    return {kReturn, 0, 0, SECCOMP_RET_KILL_PROCESS};
}

/// Compares the upper half, already loaded; the two instructions for the lower half follow and are
/// skipped if the upper half alone makes the comparison true.
Code compare_high(oci::SeccompOperator op, std::uint32_t value) {
    constexpr std::uint8_t kPast = 2;
    switch (op) {
        case oci::SeccompOperator::ne:
            return {{kEqual, 0, kPast, value}};
        case oci::SeccompOperator::lt:
        case oci::SeccompOperator::le:
            return {{kAbove, kFail, 0, value}, {kEqual, 0, kPast, value}};
        case oci::SeccompOperator::eq:
        case oci::SeccompOperator::masked_eq:
            return {{kEqual, 0, kFail, value}};
        case oci::SeccompOperator::ge:
        case oci::SeccompOperator::gt:
            return {{kAbove, kPast + 1, 0, value}, {kEqual, 0, kFail, value}};
    }
    return {};
}

void append(Code& code, const Code& more) {
    code.insert(code.end(), more.begin(), more.end());
}

Code masked(std::uint32_t argument, std::uint64_t mask, std::uint64_t value, Width width) {
    const Halves bits = halves(mask);
    const Halves wanted = halves(value & mask);
    Code code;
    if (width == Width::bits64 && bits.high != 0)
        append(code,
               {load_high(argument), {kAnd, 0, 0, bits.high}, {kEqual, 0, kFail, wanted.high}});
    append(code, {load_low(argument), {kAnd, 0, 0, bits.low}, {kEqual, 0, kFail, wanted.low}});
    return code;
}

/// Whether the value, or a value whose sign extension it is, fits in a register of 32 bits.
bool fits(std::uint64_t value) {
    const Halves parts = halves(value);
    constexpr std::uint32_t kSign = 0x80000000;
    return parts.high == 0 || (parts.high == 0xffffffff && (parts.low & kSign) != 0);
}

/// The comparison of a 32-bit argument with a value outside of its range.
bool holds_for_all(oci::SeccompOperator op) {
    return op == oci::SeccompOperator::ne || op == oci::SeccompOperator::lt ||
           op == oci::SeccompOperator::le;
}

/// The code of one condition: continues if it holds, else jumps to kFail.
Code condition_code(const oci::SeccompArg& arg, Width width) {
    const bool is_masked = arg.op == oci::SeccompOperator::masked_eq;
    const std::uint64_t value = is_masked ? arg.value & arg.value_two : arg.value;
    if (width == Width::bits32 && !fits(value)) {
        if (holds_for_all(arg.op)) return {};
        return {load_low(arg.index), {kEqual, kFail, kFail, 0}};
    }
    if (is_masked) return masked(arg.index, arg.value, arg.value_two, width);
    const Halves parts = halves(arg.value);
    Code code;
    if (width == Width::bits64) {
        code.push_back(load_high(arg.index));
        append(code, compare_high(arg.op, parts.high));
    }
    code.push_back(load_low(arg.index));
    code.push_back(compare_low(arg.op, parts.low));
    return code;
}

}  // namespace

std::vector<Instruction> guarded_code(std::span<const oci::SeccompArg> conditions,
                                      std::uint32_t action, Width width) {
    Code code;
    for (const oci::SeccompArg& condition : conditions)
        append(code, condition_code(condition, width));
    code.push_back({kReturn, 0, 0, action});
    for (std::size_t at = 0; at < code.size(); ++at) {
        // At most six conditions of six instructions: the distance always fits.
        const auto distance = static_cast<std::uint8_t>(code.size() - at - 1);
        const bool jumps = BPF_CLASS(code[at].code) == BPF_JMP;
        if (jumps && code[at].jt == kFail) code[at].jt = distance;
        if (jumps && code[at].jf == kFail) code[at].jf = distance;
    }
    return code;
}

}  // namespace crux::seccomp
