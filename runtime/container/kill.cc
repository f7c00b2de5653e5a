#include <signal.h>

#include <cerrno>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/container/existing.h"
#include "runtime/container/operations.h"

namespace crux::container {

namespace {

Status not_running(All all) {
    if (all == All::yes) return {};
    return fail(Error::Kind::state, "container not running");
}

/// Thaws what was killed: in a frozen cgroup (v1) it would not end. If the freezer cannot be
/// written, what counts is whether the kill worked without.
Status thaw_killed(const Context& context, const cgroup::Group& group, const sys::Pidfd* init) {
    Status thawed = group.thaw();
    if (thawed) return {};
    const cgroup::FreezerState state = TRY(group.freezer_state());
    if (state == cgroup::FreezerState::none || state == cgroup::FreezerState::thawed) return {};
    constexpr int kEndMs = 1000;
    if (init != nullptr && !TRY(sys::wait_for_exit(*init, kEndMs).during("wait for init")))
        return thawed;
    context.warn(cat("the container's cgroup stays frozen: ", thawed.error().message()));
    return {};
}

/// Without an own pid namespace the container's processes survive its init.
Status kill_every_process(const Context& context, const cgroup::Group& group, bool init_lives,
                          All all) {
    const bool any = TRY(group.populated());
    if (!any && !init_lives) return not_running(all);
    TRY(group.kill_all().during("unable to kill all processes"));
    // cgroup v2 kills the frozen without a thaw, and a frozen cgroup counts as paused.
    return thaw_killed(context, group, nullptr);
}

/// config.md, Annotations: what the image says that stops it.
int stop_signal(const oci::ContainerRecord& record) {
    for (const auto& [key, value] : record.annotations)
        if (const int signal = oci::parse_signal(value).value_or(0);
            key == oci::kStopSignalAnnotation && signal != 0)
            return signal;
    return SIGTERM;
}

}  // namespace

Status kill(const Context& context, std::optional<int> signal, All all) {
    const ExistingContainer container = TRY(load(context));
    const int number = signal.value_or(stop_signal(container.record));
    const std::optional<sys::Pidfd> init = TRY(live_init(container.record));
    if (number == SIGKILL && !container.record.own_pid_namespace) {
        const cgroup::Group group = TRY(group_of(container));
        if (!group.dirs().empty()) return kill_every_process(context, group, init.has_value(), all);
    }
    if (!init) return not_running(all);
    auto sent = sys::pidfd_send_signal(*init, number);
    if (!sent && sent.error().value == ESRCH) return not_running(all);
    TRY(std::move(sent).during("unable to signal init"));
    if (number != SIGKILL) return {};
    const cgroup::Group group = TRY(group_of(container));
    return thaw_killed(context, group, &*init);
}

}  // namespace crux::container
