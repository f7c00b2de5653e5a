#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/plan/plan.h"

/// Internal to describe (describe.h): the text of single kinds of step.
namespace crux::plan {

/// Appends the word, after a comma unless it is the first one.
void add_word(std::string& words, std::string_view word);
/// The words in parentheses after a blank; empty if there are none.
std::string bracketed(const std::string& words);
/// The number in C's octal notation: "0644".
std::string octal(std::uint32_t number);
/// "key=value", or only the key.
std::string parameter_text(const Plan& plan, const Parameter& parameter);
/// What the slot is for, or null.
const SlotUse* use_of(const Plan& plan, SlotIndex slot);
/// The path as the container sees it, with a leading slash.
std::string in_container(const Plan& plan, Text path);

// describe_mounts.cc
std::string describe_mount(const Plan& plan, const Mount& mount);
std::string describe_bind(const Plan& plan, const Bind& bind);
std::string describe_attributes(const Plan& plan, const ChangeAttributes& change);
std::string describe_node(const Plan& plan, const DeviceNode& node);
std::string describe_enter_root(const EnterRoot& enter);
std::string describe_propagation(const Propagation& propagation);
std::string describe_root(const Plan& plan, const Root& root);

// describe_host.cc: steps that involve the host or a namespace
std::string describe_console(const Plan& plan, const Console& console);
std::string describe_request(const Plan& plan, const AskParent& ask);
std::string describe_time(const Plan& plan, const TimeOffsets& offsets);
std::string describe_cgroup(const Plan& plan, const EnterCgroup& enter);
std::string describe_join(const Plan& plan, const JoinNamespace& join);
std::string describe_join(const JoinContainer& join);
std::string describe_hook(const Plan& plan, const Step& step);
/// "createContainer" for a hook of /hooks/createContainer.
std::string_view hook_list(const Plan& plan, const Step& step);

// describe_process.cc
std::string describe_limit(const ResourceLimit& limit);
std::string describe_affinity(const Plan& plan, const Affinity& affinity);
std::string describe_scheduler(const Scheduler& wanted);
std::string describe_io_priority(std::uint64_t number);
std::string describe_memory_policy(const Plan& plan, const MemoryPolicy& policy);
std::string describe_user(const Plan& plan, const User& user);
std::string describe_sets(const CapabilitySets& sets);
std::string describe_seccomp(const Plan& plan, const Seccomp& seccomp);
std::string describe_landlock(const Plan& plan, const Landlock& landlock);
std::string describe_find(const Plan& plan, const FindProgram& find);
std::string describe_exec(const Plan& plan, const Exec& exec);
std::string describe_prepare(const Plan& plan, const Prepare& prepare);
std::string describe_verify(const Verify& verify);

}  // namespace crux::plan
