#include <linux/bpf.h>

#include <bit>
#include <optional>

#include "runtime/cgroup/devices.h"

namespace crux::cgroup {

namespace {

using oci::DeviceRule;
using oci::DeviceType;

// Registers: the result, the context, and the values that the prologue loads from the context.
constexpr std::uint8_t kResult = BPF_REG_0;
constexpr std::uint8_t kContext = BPF_REG_1;
constexpr std::uint8_t kType = BPF_REG_2;
constexpr std::uint8_t kOpen = BPF_REG_3;  ///< the access bits that no rule has allowed yet
constexpr std::uint8_t kMajor = BPF_REG_4;
constexpr std::uint8_t kMinor = BPF_REG_5;

/// A sequence of instructions. Comparisons are of 32 bits (BPF_JMP32, Linux 5.1): 64-bit ones would
/// sign-extend a device number with its highest bit set to another number.
class Program {
 public:
    Program() {
        // struct bpf_cgroup_dev_ctx: access in the upper half of a word and type in the lower half,
        // then the device numbers.
        load(kType, 0);
        emit(BPF_ALU | BPF_MOV | BPF_X, kOpen, kType, 0, 0);
        emit(BPF_ALU | BPF_AND | BPF_K, kType, 0, 0, 0xFFFF);
        emit(BPF_ALU | BPF_RSH | BPF_K, kOpen, 0, 0, 16);
        load(kMajor, 4);
        load(kMinor, 8);
    }

    /// Emits the decision for what the rule covers; the numbers are further minors of the same
    /// rule.
    void decide(const DeviceRule& rule, std::span<const std::uint32_t> minors) {
        Jumps to_next;
        unless(kType, rule.type == DeviceType::all ? std::nullopt : number_of(rule.type), to_next);
        unless(kMajor, rule.major, to_next);
        if (minors.size() < 2)
            unless(kMinor, rule.minor, to_next);
        else
            unless_any(minors, to_next);
        // A rule about every kind of access decides immediately.
        if (rule.access != oci::kDeviceAllAccess) decide_in_part(rule, to_next);
        answer(rule.allow);
        land(to_next);
    }

    void answer(bool allow) {
        emit(BPF_ALU64 | BPF_MOV | BPF_K, kResult, 0, 0, allow ? 1 : 0);
        emit(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    }

    [[nodiscard]] std::vector<std::uint64_t> words() const {
        std::vector<std::uint64_t> words;
        words.reserve(code_.size());
        for (const struct ::bpf_insn& instruction : code_)
            words.push_back(std::bit_cast<std::uint64_t>(instruction));
        return words;
    }

 private:
    /// Instructions that jump to a target that is not known yet.
    using Jumps = std::vector<std::size_t>;

    static std::optional<std::uint32_t> number_of(DeviceType type) {
        return type == DeviceType::character ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK;
    }

    void jump(int condition, std::uint8_t reg, std::uint32_t value, Jumps& jumps) {
        jumps.push_back(code_.size());
        emit(condition, reg, 0, 0, std::bit_cast<std::int32_t>(value));
    }
    void unless(std::uint8_t reg, std::optional<std::uint32_t> value, Jumps& to_next) {
        if (value) jump(BPF_JMP32 | BPF_JNE | BPF_K, reg, *value, to_next);
    }
    void unless_any(std::span<const std::uint32_t> minors, Jumps& to_next) {
        Jumps here;
        for (std::uint32_t minor : minors.first(minors.size() - 1))
            jump(BPF_JMP32 | BPF_JEQ | BPF_K, kMinor, minor, here);
        unless(kMinor, minors.back(), to_next);
        land(here);
    }
    void decide_in_part(const DeviceRule& rule, Jumps& to_next) {
        if (rule.allow) {
            emit(BPF_ALU | BPF_AND | BPF_K, kOpen, 0, 0, ~std::int32_t{rule.access});
            unless(kOpen, 0, to_next);
            return;
        }
        Jumps here;
        jump(BPF_JMP32 | BPF_JSET | BPF_K, kOpen, rule.access, here);
        jump(BPF_JMP | BPF_JA, 0, 0, to_next);
        land(here);
    }
    /// Makes the next instruction the target of the jumps.
    void land(const Jumps& jumps) {
        for (std::size_t at : jumps)
            code_[at].off = static_cast<std::int16_t>(code_.size() - at - 1);
    }

    void load(std::uint8_t reg, std::int16_t offset) {
        emit(BPF_LDX | BPF_MEM | BPF_W, reg, kContext, offset, 0);
    }

    void emit(int code, std::uint8_t target, std::uint8_t source, std::int16_t offset,
              std::int32_t value) {
        struct ::bpf_insn instruction = {};
        instruction.code = static_cast<std::uint8_t>(code);
        instruction.dst_reg = target & 0xFU;
        instruction.src_reg = source & 0xFU;
        instruction.off = offset;
        instruction.imm = value;
        code_.push_back(instruction);
    }

    std::vector<struct ::bpf_insn> code_;
};

/// Whether the two rules differ only in the minor number and decide about all access: their order
/// does not matter then, and one block can serve both.
bool are_alike(const DeviceRule& one, const DeviceRule& other) {
    return one.allow == other.allow && one.type == other.type && one.major == other.major &&
           one.minor && other.minor && one.access == oci::kDeviceAllAccess &&
           other.access == oci::kDeviceAllAccess;
}

bool is_total(const DeviceRule& rule) {
    return rule.type == DeviceType::all && !rule.major && !rule.minor &&
           rule.access == oci::kDeviceAllAccess;
}

}  // namespace

std::vector<std::uint64_t> device_program(std::span<const OriginRule> rules) {
    Program program;
    // From the last rule to the first, because the last rule that covers a request decides. Fewer
    // branches are worth some care: most of the cost is the kernel's check of the program.
    for (std::size_t i = rules.size(); i-- > 0;) {
        const DeviceRule& rule = rules[i].rule;
        std::vector<std::uint32_t> minors;
        if (rule.minor) minors.push_back(*rule.minor);
        // A jump is at most 32767 instructions long.
        constexpr std::size_t kMostMinors = 1024;
        while (i > 0 && minors.size() < kMostMinors && are_alike(rule, rules[i - 1].rule))
            minors.push_back(*rules[--i].rule.minor);
        program.decide(rule, minors);
        // Rules before this one have no effect, and the verifier of old kernels rejects dead code.
        if (is_total(rule)) return program.words();
    }
    program.answer(false);
    return program.words();
}

}  // namespace crux::cgroup
