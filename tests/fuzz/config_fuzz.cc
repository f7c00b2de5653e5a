// config.json: reading, rules, cgroup settings, seccomp, plan and its two descriptions. A config
// that passes the rules has a plan, or an error with a message; a plan contains no reference
// outside of itself, and init can read it.

#include "oci-spec/rules.h"
#include "runtime/cgroup/dirs.h"
#include "runtime/cgroup/limits.h"
#include "runtime/plan/describe.h"
#include "runtime/plan/explain.h"
#include "runtime/plan/plan.h"
#include "runtime/seccomp/compile.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/hosts.h"
#include "tests/fuzz/plan_reader.h"

namespace crux {
namespace {

void check_error(const Error& error) {
    hold(!error.message().empty());
}

void check_plan(const plan::Plan& plan) {
    read_as_init(plan.bytes());
    for (const plan::Step& step : plan.steps()) hold(!plan::describe(plan, step).empty());
    hold(!plan::explain_text(plan).empty());
    hold(plan::explain_json(plan).starts_with('{'));
}

void plan_on(const host::Facts& facts, const oci::Config& config,
             const seccomp::BpfProgram& filter) {
    plan::Inputs inputs;
    inputs.config = &config;
    inputs.facts = &facts;
    inputs.id = "fuzz";
    inputs.bundle = "/bundle";
    inputs.rootfs = "/bundle/rootfs";
    inputs.seccomp_program = {reinterpret_cast<const std::uint64_t*>(filter.instructions.data()),
                              filter.instructions.size()};
    inputs.seccomp_flags = filter.flags;
    inputs.foreground_terminal = config.process && config.process->terminal;
    auto places = cgroup::dirs_for(facts.cgroup, config.linux.cgroups_path, inputs.id);
    if (!places) return check_error(places.error());
    inputs.cgroup = std::move(*places);
    for (const cgroup::CgroupDir& place : inputs.cgroup)
        hold(place.path.find("/../") == std::string::npos);
    auto limits = cgroup::limits_for(config.linux.resources, inputs.cgroup,
                                     {.unprivileged = facts.in_user_namespace});
    if (!limits) return check_error(limits.error());
    for (const cgroup::Setting& setting : limits->settings)
        hold(setting.file.find('/') == std::string::npos);
    inputs.limits = std::move(*limits);
    auto plan = plan::build(inputs);
    if (!plan) return check_error(plan.error());
    check_plan(*plan);
}

}  // namespace
}  // namespace crux

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace crux;
    const oci::Parsed parsed = oci::checked_config(text_of(bytes, size));
    if (parsed.diagnostics.has_errors()) {
        check_error(parsed.diagnostics.to_error());
        return 0;
    }
    seccomp::BpfProgram filter;
    if (parsed.config.linux.seccomp) {
        auto compiled = seccomp::compile(*parsed.config.linux.seccomp);
        if (!compiled) {
            check_error(compiled.error());
            return 0;
        }
        filter = std::move(*compiled);
        hold(!filter.instructions.empty() &&
             filter.instructions.size() <= seccomp::kMaxInstructions);
    }
    for (const host::Facts& facts : hosts()) plan_on(facts, parsed.config, filter);
    return 0;
}
