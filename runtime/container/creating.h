#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oci-spec/runc/record.h"
#include "oci-spec/state.h"
#include "runtime/cgroup/group.h"
#include "runtime/container/operations.h"
#include "runtime/container/prepare.h"
#include "runtime/container/store.h"
#include "runtime/launch/journal.h"
#include "runtime/systemd/helper.h"

/// What create and restore have in common: the parts of a container that go again if it is never
/// complete, and its record.
namespace crux::container {

/// The cgroup until the container is complete: gone again if it never is.
class NewGroup {
 public:
    /// Notes in the journal what is about to be made, makes it and sets the limits.
    static Result<NewGroup> make(launch::Journal& journal, const Prepared& prepared,
                                 Warnings& warnings);
    NewGroup(NewGroup&&) = default;
    NewGroup& operator=(NewGroup&&) = default;
    ~NewGroup();
    /// A process of the container is in there: nothing else need keep systemd's unit alive, and the
    /// limits hold that had no room for more than that process.
    Status populated();
    void keep() {
        group_.reset();
        unit_.reset();
    }
    [[nodiscard]] cgroup::Group* get() { return group_ ? &*group_ : nullptr; }

 private:
    NewGroup() = default;
    /// The container's unit of systemd.
    struct Unit {
        systemd::Unit what;
        systemd::HeldUnit helper;
        cgroup::Limits tight;  ///< not set as long as the helper is in there
    };
    static Result<NewGroup> make_or_not(launch::Journal& journal, const Prepared& prepared,
                                        Warnings& warnings);
    static Status adopt(NewGroup& made, launch::Journal& journal, const Prepared& prepared,
                        cgroup::Limits& limits);

    std::unique_ptr<Unit> unit_;
    std::optional<cgroup::Group> group_;
};

/// The state directory until the container is complete.
class NewState {
 public:
    explicit NewState(StateDirectory state) : state_(std::move(state)) {}
    NewState(const NewState&) = delete;
    NewState& operator=(const NewState&) = delete;
    ~NewState() {
        if (!kept_) (void)state_.remove();
    }
    void keep() { kept_ = true; }
    [[nodiscard]] const StateDirectory& operator*() const { return state_; }
    [[nodiscard]] const StateDirectory* operator->() const { return &state_; }

 private:
    StateDirectory state_;
    bool kept_ = false;
};

/// The end of the life cycle for a create that fails after hooks had their turn (runtime.md,
/// Lifecycle): they may have made what only the poststop hooks take away. The first object of a
/// create, so that everything else is gone by then.
class PoststopOnFailure {
 public:
    explicit PoststopOnFailure(Warnings& warnings) : warnings_(warnings) {}
    PoststopOnFailure(const PoststopOnFailure&) = delete;
    PoststopOnFailure& operator=(const PoststopOnFailure&) = delete;
    ~PoststopOnFailure();
    /// From now on a failure ends with the poststop hooks.
    void arm(const Prepared& prepared, const StateDirectory& state);
    void disarm() { hooks_.clear(); }

 private:
    Warnings& warnings_;
    std::vector<oci::Hook> hooks_;
    oci::State document_;
};

/// The state document of a container that is being made, for its hooks.
oci::State hook_state(const Prepared& prepared, const StateDirectory& state, int pid);

/// Runs the prestart and createRuntime hooks.
Status run_host_hooks(const Prepared& prepared, const StateDirectory& state, int pid);

/// The record of a container whose init is this process.
Result<oci::ContainerRecord> record_of(const Prepared& prepared, const StateDirectory& state,
                                       const StateRoot& place, const CreateOptions& options,
                                       pid_t pid, sys::FdRef pidfd);

}  // namespace crux::container
