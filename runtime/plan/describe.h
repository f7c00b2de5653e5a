#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/base/program_outcome.h"
#include "runtime/plan/plan.h"

/// A plan's steps as text.
namespace crux::plan {

/// What the step does, with its operands: "mount proc on /proc". Lower case, no full stop.
std::string describe(const Plan& plan, const Step& step);

/// The name of a system call by its number on this architecture; empty for a call that init does
/// not make.
std::string_view call_name(std::uint32_t number);

/// The error for init's report of a failure, with the JSON pointer of the step. Where callers match
/// the text it is runc's; otherwise it is the step's description, the system call and the text of
/// errno.
Error failure_sentence(const Plan& plan, const InitReport& report);

/// The error for init's report of a failed hook, in the same text as for a hook that the parent
/// runs.
Error hook_failure_sentence(const HookLabel& hook, const InitReport& report);

/// Attribute bits as mount options of config.json ("ro", "nosuid"), separated by commas.
std::string attribute_words(const Attributes& attributes);
/// Changes of propagation as mount options of config.json ("rslave"), separated by commas.
std::string propagation_words(std::uint32_t in_order);
/// Names of capabilities, separated by commas; "none" for an empty set, "all" for a set with every
/// capability that this build knows.
std::string capability_words(std::uint64_t set);
/// "network" for Namespace::network.
std::string_view namespace_name(Namespace type);
/// Its file below /proc/PID/ns (namespaces(7)).
std::string_view namespace_file(Namespace type);

}  // namespace crux::plan
