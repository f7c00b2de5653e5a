#pragma once

#include <optional>
#include <vector>

#include "runtime/container/container_cgroup.h"
#include "runtime/container/context.h"
#include "runtime/container/existing.h"
#include "runtime/container/options.h"
#include "runtime/container/prepare.h"
#include "runtime/container/record.h"
#include "runtime/container/store.h"
#include "runtime/launch/journal.h"

namespace crux::container {

/// The host's side of a container that is being created or restored: the one place that knows the
/// order in which a container takes what it has of the host. Each resource is written to the
/// journal before it is taken.
///
/// Until commit() is called its end is the container's end: all is given back by the journal, as
/// `delete --force` does after a crash, and if hooks had their turn the poststop hooks run
/// (runtime.md, Lifecycle). The process of the container must have ended by then: keep it in an
/// object that is destroyed first.
class Transaction {
 public:
    Transaction(const Context& context, const CreateOptions& options)
        : context_(context), options_(options) {}
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    /// Makes and locks the state directory, which reserves the id, and plans the container.
    /// `foreground_terminal`: the caller serves the container's terminal itself.
    Status begin(Bundle bundle, bool foreground_terminal);
    /// Takes, in this order: the copy of config.json and the journal, the class of service, the
    /// root mount, the cgroup (or systemd's unit) with its limits.
    Status take_resources();
    /// Makes the FIFO exec.fifo. The descriptor is open for reading and writing, so that opening
    /// it does not wait and init, which inherits it, never reads an end of file.
    Result<sys::Fd> make_fifo();
    /// Runs the prestart and createRuntime hooks for a first process of this pid. From now on a
    /// failure ends with the poststop hooks.
    Status run_host_hooks(pid_t pid);
    /// From now on a failure ends with the poststop hooks: init runs hooks by itself.
    void owe_poststop();
    /// Writes state.json: from now on other commands see the container. Its first process is in
    /// the cgroup by then.
    Status record(oci::ContainerRecord record);
    /// The container is complete and stays. Its lock is still held.
    ExistingContainer commit() &&;

    [[nodiscard]] const Context& context() const { return context_; }
    [[nodiscard]] const CreateOptions& options() const { return options_; }
    [[nodiscard]] Prepared& prepared() { return *prepared_; }
    [[nodiscard]] const StateDirectory& state() const { return *state_; }
    [[nodiscard]] cgroup::Group* cgroup() { return cgroup_.group(); }

 private:
    void give_back();

    const Context& context_;
    const CreateOptions& options_;
    std::optional<StateDirectory> state_;  ///< empty: nothing to give back
    std::optional<Prepared> prepared_;
    std::optional<launch::Journal> journal_;
    ContainerCgroup cgroup_;
    std::optional<oci::ContainerRecord> record_;
    bool owes_poststop_ = false;
};

}  // namespace crux::container
