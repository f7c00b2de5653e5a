#include "runtime/container/delete.h"

#include <signal.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/container/operations.h"
#include "runtime/container/resctrl_class.h"
#include "runtime/container/root_mount.h"
#include "runtime/container/systemd_unit.h"
#include "runtime/hooks/run.h"

namespace crux::container {

namespace {

constexpr int kBoundMs = 10'000;

/// systemd keeps a unit whose cgroup was removed until it is told. That it cannot be told does not
/// keep the container.
void forget(const launch::Journal::SystemdUnit& unit, Warnings& warnings) {
    const Status stopped = stop_unit(unit);
    if (!stopped)
        warnings.push_back(
            cat("systemd still has the unit ", unit.name, ": ", stopped.error().message()));
}

Status remove_cgroup(launch::Journal::Content journal, Warnings& warnings) {
    if (journal.cgroup.empty()) return {};
    const cgroup::Group group = TRY(cgroup::Group::open(std::move(journal.cgroup)));
    bool others = false;
    if (journal.cgroup_is_ours) {
        // Processes that outlived init (without a pid namespace) or a killed create are in there.
        TRY(group.destroy(journal.ancestors, kBoundMs));
    } else {
        // Processes in there belong to another container: ours was not begun.
        group.remove_empty(journal.ancestors);
        others = group.populated().value_or(true);
    }
    if (journal.unit && !others) forget(*journal.unit, warnings);
    return {};
}

Status end_init(const ExistingContainer& container) {
    const std::optional<sys::Pidfd> init = TRY(live_init(container.record));
    if (!init) return {};
    const cgroup::Group group = TRY(group_of(container));
    auto sent = sys::pidfd_send_signal(*init, SIGKILL);
    if (!sent && sent.error().value != ESRCH)
        return std::unexpected(Error(sent.error()).during("kill init"));
    // Again and again, for a program that freezes it meanwhile. What is not frozen ends without.
    constexpr int kThawMs = 100;
    for (int waited = 0; waited < kBoundMs; waited += kThawMs) {
        (void)group.thaw();
        if (TRY(sys::wait_for_exit(*init, kThawMs).during("wait for init"))) return {};
    }
    TRY(group.thaw());
    return fail(Error::Kind::state, "container init still running");
}

Status check_removable(const ExistingContainer& container) {
    const oci::Status status = TRY(status_of(container));
    if (status == oci::Status::stopped || status == oci::Status::created) return {};
    return fail(Error::Kind::state, cat("cannot delete container ", container.record.id,
                                        " that is not stopped: ", word_of(status)));
}

oci::State document_of(const oci::ContainerRecord& record) {
    oci::State document;
    document.oci_version = record.oci_version;
    document.id = record.id;
    document.bundle = record.bundle;
    document.annotations = record.annotations;
    return document;
}

Result<std::vector<oci::Hook>> poststop_of(const ExistingContainer& container) {
    if (!container.record.has_poststop) return std::vector<oci::Hook>();
    if (container.record.maker == oci::Maker::runc) return container.record.poststop;
    auto stored = stored_config(container);
    if (!stored) return std::unexpected(std::move(stored).error());
    return std::move(stored->config.hooks.poststop);
}

Result<StateDirectory> open_locked(const Context& context) {
    StateDirectory state = TRY(StateDirectory::open(context.state_root, context.id));
    TRY(state.lock());
    return state;
}

}  // namespace

Status give_back_all(launch::Journal::Content journal, Warnings& warnings) {
    const std::optional<launch::Journal::Mount> mount = journal.mount;
    const std::vector<std::string> directories = journal.directories;
    // First, for it ends the processes that use the rest.
    TRY(remove_cgroup(std::move(journal), warnings));
    if (mount) TRY(take_away(*mount));
    return remove_directories(directories);
}

void run_poststop(const std::vector<oci::Hook>& hooks, oci::State document,
                  const Context& context) {
    if (hooks.empty()) return;
    document.status = oci::Status::stopped;
    document.pid = 0;
    const std::string text = oci::hook_state_json(document);
    for (const Error& failure : hooks::run_each("poststop", hooks, {text, document.bundle}))
        context.warn(failure.message());
    for (const oci::Hook& hook : hooks) log_act(context.step_log, "hook", hook.path);
}

Status destroy(const Context& context, const ExistingContainer& container) {
    TRY(end_init(container));
    const std::vector<oci::Hook> poststop = TRY(poststop_of(container));
    launch::Journal::Content resources = TRY(resources_of(container));
    TRY(give_back_all(std::move(resources), context.warnings));
    TRY(container.state.remove());
    run_poststop(poststop, document_of(container.record), context);
    return {};
}

Status remove(const Context& context, Force force) {
    auto state = open_locked(context);
    if (!state) {
        if (is_missing(state.error()) && force == Force::yes) return {};
        return std::unexpected(std::move(state).error());
    }
    auto record = state->read_record();
    if (!record) {
        // Without a record: a create that was killed half-way. The journal says what to give back,
        // and also what a container with a damaged record has. But one that cannot be read tells
        // nothing.
        const bool is_damaged = record.error().kind() == Error::Kind::state;
        const bool may_remove = is_missing(record.error()) || (is_damaged && force == Force::yes);
        if (!may_remove) return std::unexpected(std::move(record).error());
        TRY(state->check_made_by_crux());
        launch::Journal::Content journal =
            TRY(launch::Journal::read(state->directory()).during(state->path()));
        TRY(give_back_all(std::move(journal), context.warnings));
        TRY(state->remove());
        if (force == Force::yes) return {};
        return std::unexpected(std::move(record).error());
    }
    const ExistingContainer container{std::move(*state), std::move(*record)};
    if (force == Force::no) TRY(check_removable(container));
    return destroy(context, container);
}

}  // namespace crux::container
