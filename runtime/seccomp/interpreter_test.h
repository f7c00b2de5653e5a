#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "runtime/seccomp/bpf_program.h"

/// Runs filters in tests as the kernel would: without root, without a process to filter, for any
/// architecture.
namespace crux::seccomp::testing {

/// A machine for the part of classic BPF that seccomp supports (kernel/seccomp.c,
/// seccomp_check_filter).
class Interpreter {
 public:
    Interpreter(std::span<const Instruction> program, const seccomp_data& data)
        : program_(program), data_(data) {}

    /// The return value of the filter (SECCOMP_RET_*), or nothing for a program that the kernel
    /// would refuse: an unknown instruction, a jump or a load out of bounds, no return.
    std::optional<std::uint32_t> run() {
        for (std::size_t at = 0; at < program_.size(); ++at) {
            const Instruction& now = program_[at];
            if (BPF_CLASS(now.code) == BPF_RET)
                return BPF_RVAL(now.code) == BPF_A ? accumulator_ : now.k;
            if (BPF_CLASS(now.code) == BPF_JMP)
                at += distance(now);
            else if (!step(now))
                return std::nullopt;
        }
        return std::nullopt;
    }

 private:
    [[nodiscard]] std::size_t distance(const Instruction& now) const {
        const std::uint32_t operand = BPF_SRC(now.code) == BPF_X ? index_ : now.k;
        switch (BPF_OP(now.code)) {
            case BPF_JA:
                return now.k;
            case BPF_JEQ:
                return accumulator_ == operand ? now.jt : now.jf;
            case BPF_JGT:
                return accumulator_ > operand ? now.jt : now.jf;
            case BPF_JGE:
                return accumulator_ >= operand ? now.jt : now.jf;
            case BPF_JSET:
                return (accumulator_ & operand) != 0 ? now.jt : now.jf;
            default:
                return program_.size();
        }
    }

    bool step(const Instruction& now) {
        switch (now.code) {
            case BPF_LD | BPF_W | BPF_ABS:
                return load(now.k);
            case BPF_LD | BPF_IMM:
                accumulator_ = now.k;
                return true;
            case BPF_LDX | BPF_IMM:
                index_ = now.k;
                return true;
            case BPF_MISC | BPF_TAX:
                index_ = accumulator_;
                return true;
            case BPF_MISC | BPF_TXA:
                accumulator_ = index_;
                return true;
            default:
                return BPF_CLASS(now.code) == BPF_ALU ? compute(now) : memory(now);
        }
    }

    bool load(std::uint32_t offset) {
        if (offset % 4 != 0 || offset + 4 > sizeof(data_)) return false;
        std::memcpy(&accumulator_, reinterpret_cast<const char*>(&data_) + offset, 4);
        return true;
    }

    bool memory(const Instruction& now) {
        if (now.k >= memory_.size()) return false;
        switch (now.code) {
            case BPF_LD | BPF_MEM:
                accumulator_ = memory_[now.k];
                return true;
            case BPF_LDX | BPF_MEM:
                index_ = memory_[now.k];
                return true;
            case BPF_ST:
                memory_[now.k] = accumulator_;
                return true;
            case BPF_STX:
                memory_[now.k] = index_;
                return true;
            default:
                return false;
        }
    }

    bool compute(const Instruction& now) {
        const std::uint32_t operand = BPF_SRC(now.code) == BPF_X ? index_ : now.k;
        switch (BPF_OP(now.code)) {
            case BPF_AND:
                accumulator_ &= operand;
                return true;
            case BPF_OR:
                accumulator_ |= operand;
                return true;
            case BPF_ADD:
                accumulator_ += operand;
                return true;
            case BPF_SUB:
                accumulator_ -= operand;
                return true;
            default:
                return false;
        }
    }

    std::span<const Instruction> program_;
    seccomp_data data_;
    std::uint32_t accumulator_ = 0;
    std::uint32_t index_ = 0;
    std::array<std::uint32_t, BPF_MEMWORDS> memory_{};
};

/// The filter's return value for one call.
inline std::optional<std::uint32_t> answer(std::span<const Instruction> program,
                                           std::uint32_t audit_arch, std::uint32_t number,
                                           std::array<std::uint64_t, 6> arguments = {}) {
    seccomp_data data{};
    data.nr = static_cast<int>(number);
    data.arch = audit_arch;
    std::memcpy(data.args, arguments.data(), sizeof(data.args));
    return Interpreter(program, data).run();
}

}  // namespace crux::seccomp::testing
