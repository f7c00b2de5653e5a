#include <algorithm>
#include <limits>

#include "oci-spec/config.h"
#include "oci-spec/state.h"
#include "runtime/base/text.h"
#include "runtime/plan/draft.h"

namespace crux::plan {

void plan_host_hooks(PlanDraft& draft) {
    const oci::Hooks& hooks = draft.config.hooks;
    if (hooks.prestart.empty() && hooks.create_runtime.empty()) return;
    draft.add(Kind::ask_parent, hooks.prestart.empty() ? "/hooks/createRuntime" : "/hooks/prestart")
        .ask_parent.request = Request::host_hooks;
}

namespace {

/// The state document (runtime.md, State) in two parts: only init knows the pid between them, which
/// is its pid in the container.
struct StateHalves {
    Text before;
    Text after;
};

StateHalves state_halves(PlanDraft& draft, oci::Status status) {
    oci::State state;
    state.oci_version = oci::kSpecVersion;
    state.id = draft.id;
    state.status = status;
    state.bundle = draft.bundle;
    state.annotations = draft.config.annotations;
    const oci::StateAroundPid parts = oci::hook_state_around_pid(state);
    const Text first = draft.out.text(parts.before);
    return {first, draft.out.text(parts.after)};
}

/// The environment of a hook without "env".
enum class Environment : std::uint8_t { none, of_program };

/// The properties that all hooks of a list share.
struct HookList {
    std::string_view origin;
    StateHalves state;
    Environment otherwise;
    bool confined;  ///< like the program
};

void plan_hook(PlanDraft& draft, const oci::Hook& hook, std::size_t index, const HookList& list) {
    const Text path = draft.out.text(hook.path);
    const List arguments =
        hook.args.empty() ? draft.out.texts(std::span(&hook.path, 1)) : draft.out.texts(hook.args);
    const List environment = hook.env ? draft.out.texts(*hook.env) : List{};
    const bool inherit = !hook.env && list.otherwise == Environment::of_program;
    constexpr std::int64_t kLongest = std::numeric_limits<std::int32_t>::max() / 1000;
    draft.add(Kind::hook, cat(list.origin, '/', index)).hook = {
        .path = path,
        .arguments = arguments,
        .environment = environment,
        .state_before = list.state.before,
        .state_after = list.state.after,
        .timeout = static_cast<std::uint32_t>(std::min(hook.timeout.value_or(0), kLongest)),
        .index = static_cast<std::uint32_t>(index),
        .inherit = static_cast<std::uint16_t>(inherit ? 1 : 0),
        .confined = static_cast<std::uint16_t>(list.confined ? 1 : 0),
    };
}

void plan_hooks(PlanDraft& draft, const std::vector<oci::Hook>& hooks, const HookList& list) {
    for (std::size_t index = 0; index < hooks.size(); ++index)
        plan_hook(draft, hooks[index], index, list);
}

}  // namespace

void plan_create_container_hooks(PlanDraft& draft) {
    const std::vector<oci::Hook>& hooks = draft.config.hooks.create_container;
    if (hooks.empty()) return;
    // Their programs are the host's, so the container's environment must not reach them (rule R10):
    // without "env" their environment is empty.
    const StateHalves state = state_halves(draft, oci::Status::creating);
    plan_hooks(draft, hooks, {"/hooks/createContainer", state, Environment::none, false});
}

void plan_start_container_hooks(PlanDraft& draft) {
    const std::vector<oci::Hook>& hooks = draft.config.hooks.start_container;
    if (hooks.empty()) return;
    // They run inside the container. Callers rely on runc's behaviour: they get the program's
    // environment, including HOME.
    const StateHalves state = state_halves(draft, oci::Status::created);
    plan_hooks(draft, hooks,
               {"/hooks/startContainer", state,
                draft.process == nullptr ? Environment::none : Environment::of_program, true});
}

}  // namespace crux::plan
