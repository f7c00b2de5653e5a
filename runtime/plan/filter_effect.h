#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// What a seccomp program does with the calls that init makes behind it. Internal to the builder.
namespace crux::plan {

/// The values (SECCOMP_RET_*) that the program can return for a system call of this processor,
/// whatever the arguments of the call are: each once, in no order. Empty if the program has
/// instructions that are not read here, so that it could return anything.
std::vector<std::uint32_t> filter_results(std::span<const std::uint64_t> program,
                                          std::uint32_t call);

/// FilterEffect bits (layout.h).
std::uint32_t filter_effects(std::span<const std::uint64_t> program);

/// The text for the errno with which the program always denies execve(2); empty if it does not, or
/// with several.
std::string denied_exec_words(std::span<const std::uint64_t> program);

/// Whether the program kills each process that makes the call.
bool always_kills(std::span<const std::uint64_t> program, std::uint32_t call);

}  // namespace crux::plan
