#include "runtime/container/delete.h"

#include <signal.h>

#include "oci-spec/config.h"
#include "runtime/base/text.h"
#include "runtime/container/resctrl_class.h"
#include "runtime/container/root_mount.h"
#include "runtime/container/systemd_unit.h"
#include "runtime/hooks/run.h"
#include "runtime/launch/journal.h"
#include "runtime/sys/file.h"

namespace crux::container {

namespace {

constexpr int kBoundMs = 10'000;

/// systemd goes on believing in a unit whose cgroup was taken away. The container is gone even
/// where nobody can tell it.
void forget(const launch::Journal::SystemdUnit& unit, Warnings& warnings) {
    const Status stopped = stop_unit(unit);
    if (!stopped)
        warnings.push_back(cat("systemd was not told that the unit ", unit.name,
                               " has ended: ", stopped.error().message()));
}

Status remove_cgroup(launch::Journal::Content journal, Warnings& warnings) {
    if (journal.cgroup.empty()) return {};
    const cgroup::Group group = TRY(cgroup::Group::open(std::move(journal.cgroup)));
    bool others = false;
    if (journal.cgroup_is_ours) {
        // Whoever outlived init (no pid namespace of its own) or a killed create is still in there.
        TRY(group.destroy(journal.ancestors, kBoundMs));
    } else {
        // Whoever is in there belongs to another container: ours was not even begun.
        group.remove_empty(journal.ancestors);
        others = group.populated().value_or(true);
    }
    if (journal.unit && !others) forget(*journal.unit, warnings);
    return {};
}

/// Gives back what the journal says the container has of the host.
Status give_back(const StateDirectory& state, Warnings& warnings) {
    const launch::Journal::Content journal = TRY(launch::Journal::read(state.directory()));
    // First, for it ends whoever uses the rest.
    TRY(remove_cgroup(journal, warnings));
    if (journal.mount) TRY(take_away(*journal.mount));
    return remove_directories(journal.directories);
}

Status end_init(const oci::ContainerRecord& record, const StateDirectory& state) {
    const std::optional<sys::Pidfd> init = TRY(live_init(record));
    if (!init) return {};
    (void)sys::pidfd_send_signal(*init, SIGKILL);
    const cgroup::Group group = TRY(group_of(state));
    TRY(group.thaw());
    if (!TRY(sys::wait_for_exit(*init, kBoundMs)))
        return fail(Error::Kind::state, "container init still running");
    return {};
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

Result<oci::Config> stored_config(const StateDirectory& state) {
    const std::string text = TRY(
        sys::read_file(state.directory(), kConfigName).during("read the container's config.json"));
    return std::move(oci::parse_config(text).config);
}

Result<StateDirectory> open_locked(const StateRoot& place, std::string_view id) {
    StateDirectory state = TRY(StateDirectory::open(place, id));
    TRY(state.lock());
    return state;
}

}  // namespace

void run_poststop(const std::vector<oci::Hook>& hooks, oci::State document, Warnings& warnings) {
    if (hooks.empty()) return;
    document.status = oci::Status::stopped;
    document.pid = 0;
    const std::string text = oci::hook_state_json(document);
    for (const Error& failure : hooks::run_each("poststop", hooks, {text, document.bundle}))
        warnings.push_back(failure.message());
}

Status destroy(const ExistingContainer& container, Warnings& warnings) {
    TRY(end_init(container.record, container.state));
    oci::Config config;
    if (container.record.has_poststop) config = TRY(stored_config(container.state));
    TRY(give_back(container.state, warnings));
    TRY(container.state.remove());
    run_poststop(config.hooks.poststop, document_of(container.record), warnings);
    return {};
}

Status remove(const StateRoot& place, std::string_view id, Force force, Warnings& warnings) {
    auto state = open_locked(place, id);
    if (!state) {
        if (is_missing(state.error()) && force == Force::yes) return {};
        return std::unexpected(std::move(state).error());
    }
    auto record = state->read_record();
    if (!record) {
        // A create that was killed half-way: the journal knows what there is to give back.
        TRY(give_back(*state, warnings));
        TRY(state->remove());
        if (force == Force::yes) return {};
        return std::unexpected(std::move(record).error());
    }
    const ExistingContainer container{std::move(*state), std::move(*record)};
    if (force == Force::no) TRY(check_removable(container));
    return destroy(container, warnings);
}

}  // namespace crux::container
