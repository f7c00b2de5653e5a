#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/base/program_outcome.h"
#include "runtime/plan/plan.h"

/// A plan's steps in words.
namespace crux::plan {

/// What the step does, with the names of what it does it to: "mount proc on /proc". Lower case, no
/// full stop.
std::string describe(const Plan& plan, const Step& step);

/// The name of a system call by its number on this architecture, or an empty view for one that init
/// does not make.
std::string_view call_name(std::uint32_t number);

/// What init's report of a failure means, with the place in config.json. The words that callers of
/// a runtime match are runc's; else it is the step's description, the system call and errno's
/// words.
Error failure_sentence(const Plan& plan, const InitReport& report);

/// What init's report of a failed hook means, in the words of a hook that the parent runs.
Error hook_failure_sentence(const HookLabel& hook, const InitReport& report);

/// Attribute bits as the words of config.json ("ro", "nosuid"), with commas between them.
std::string attribute_words(const Attributes& attributes);
/// Changes of propagation as the words of config.json ("rslave"), with commas between them.
std::string propagation_words(std::uint32_t in_order);
/// Names of capabilities with commas between them; "none" for an empty set, "all" for one that has
/// all that this build knows.
std::string capability_words(std::uint64_t set);
/// "network" for Namespace::network.
std::string_view namespace_name(Namespace type);

}  // namespace crux::plan
