#include <linux/bpf.h>

#include <bit>

#include "runtime/cgroup/devices.h"

namespace crux::cgroup {

namespace {

using oci::DeviceRule;
using oci::DeviceType;

// Registers: the result, the context, and what the prologue takes from the context.
constexpr std::uint8_t kResult = BPF_REG_0;
constexpr std::uint8_t kContext = BPF_REG_1;
constexpr std::uint8_t kType = BPF_REG_2;
constexpr std::uint8_t kOpen = BPF_REG_3;  ///< the kinds of access that no rule has allowed yet
constexpr std::uint8_t kMajor = BPF_REG_4;
constexpr std::uint8_t kMinor = BPF_REG_5;

/// Instructions one after another. Comparisons are of 32 bits (BPF_JMP32, Linux 5.1): a device
/// number with its highest bit set would be sign-extended to another one in 64.
class Program {
 public:
    Program() {
        // struct bpf_cgroup_dev_ctx: access in the upper and type in the lower half of a word,
        // then the numbers.
        load(kType, 0);
        emit(BPF_ALU | BPF_MOV | BPF_X, kOpen, kType, 0, 0);
        emit(BPF_ALU | BPF_AND | BPF_K, kType, 0, 0, 0xFFFF);
        emit(BPF_ALU | BPF_RSH | BPF_K, kOpen, 0, 0, 16);
        load(kMajor, 4);
        load(kMinor, 8);
    }

    void decide(const DeviceRule& rule) {
        std::vector<std::size_t> to_next;
        auto unless_equal = [&](std::uint8_t reg, std::uint32_t value) {
            to_next.push_back(code_.size());
            emit(BPF_JMP32 | BPF_JNE | BPF_K, reg, 0, 0, std::bit_cast<std::int32_t>(value));
        };
        if (rule.type != DeviceType::all)
            unless_equal(kType, rule.type == DeviceType::character ? BPF_DEVCG_DEV_CHAR
                                                                   : BPF_DEVCG_DEV_BLOCK);
        if (rule.major) unless_equal(kMajor, *rule.major);
        if (rule.minor) unless_equal(kMinor, *rule.minor);
        if (rule.allow) {
            emit(BPF_ALU | BPF_AND | BPF_K, kOpen, 0, 0, ~std::int32_t{rule.access});
            unless_equal(kOpen, 0);
        } else {
            emit(BPF_JMP32 | BPF_JSET | BPF_K, kOpen, 0, 1, rule.access);
            to_next.push_back(code_.size());
            emit(BPF_JMP | BPF_JA, 0, 0, 0, 0);
        }
        answer(rule.allow);
        for (std::size_t jump : to_next)
            code_[jump].off = static_cast<std::int16_t>(code_.size() - jump - 1);
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

}  // namespace

std::vector<std::uint64_t> device_program(std::span<const OriginRule> rules) {
    Program program;
    // From the last rule to the first, as the last one that speaks of a request decides.
    for (std::size_t i = rules.size(); i-- > 0;) {
        const DeviceRule& rule = rules[i].rule;
        program.decide(rule);
        bool total = rule.type == DeviceType::all && !rule.major && !rule.minor &&
                     rule.access == oci::kDeviceAllAccess;
        // Nothing before it can matter, and the verifier of old kernels takes no dead code.
        if (total) break;
    }
    program.answer(false);
    return program.words();
}

}  // namespace crux::cgroup
