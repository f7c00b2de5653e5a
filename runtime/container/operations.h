#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/coverage.h"
#include "oci-spec/diagnostics.h"
#include "oci-spec/state.h"
#include "runtime/base/error.h"
#include "runtime/cgroup/stats.h"
#include "runtime/container/context.h"
#include "runtime/container/events.h"
#include "runtime/container/options.h"

/// Every operation on containers (runtime-spec runtime.md, Operations), one a file. None prints
/// anything: what a user should know is returned as a result, an error or a warning of the context.
namespace crux::container {

/// Makes everything that the bundle asks for, up to a process that waits at the barrier. On failure
/// nothing is left. The container's status is `created` when this returns.
Status create(const Context& context, const CreateOptions& options);

/// create and start in one: other commands see the container only when its program is about to run.
/// Without `detach` it stays until the program ends, forwards signals, removes the container
/// (unless `keep`) and returns the exit status.
Result<int> run(const Context& context, const RunOptions& options);

/// Lets the program of a created container run. Returns when the program has been executed and the
/// poststart hooks are done. A hook or a step of init that fails ends and removes the container;
/// after any other error the container is what it was, or is running.
Status start(const Context& context);

/// The container's state document.
Result<oci::State> state(const Context& context);

/// Sends a signal to the container's init; without one the image's stop signal (the annotation
/// org.opencontainers.image.stopSignal), or TERM. SIGKILL reaches every process of a container
/// without a pid namespace of its own. With All::yes a container that is not running is no error.
Status kill(const Context& context, std::optional<int> signal, All all);

/// Deletes a container: cgroup, state, and what a killed create left. With Force::yes it kills the
/// container first, and a container that does not exist is no error. Poststop hooks that fail are
/// warnings.
Status remove(const Context& context, Force force);

struct ListEntry {
    oci::State state;
    std::string owner;
    std::string error;  ///< not empty: this entry could not be read, and why
};

/// The ids of all containers, also of those that cannot be read, in order.
Result<std::vector<std::string>> ids(const StateRoot& state_root);

/// All containers, in the order of their ids; one that cannot be read has an error instead of a
/// state.
Result<std::vector<ListEntry>> list(const StateRoot& state_root);

/// Runs another process in a container that is created or running. In the foreground the exit
/// status of the process; with `detach` 0 as soon as the program is about to be executed.
Result<int> exec(const Context& context, const ExecOptions& options);

/// The processes of a container, as this process's pid namespace numbers them, sorted; none where
/// it has stopped.
Result<std::vector<int>> processes(const Context& context);

/// Freezes and thaws all processes of a container.
Status pause(const Context& context);
Status resume(const Context& context);

/// What a container has used so far. "container with id ID is not running" for one that stopped.
/// For a stream of events see Events::open.
Result<cgroup::Stats> stats(const Context& context);

/// Changes the limits of a container that is created, running or paused, all or nothing: whatever
/// can be checked is checked before the first write, and a value that the kernel refuses restores
/// the old ones. Only what the changes name, or what follows from it, is written; device rules
/// where they differ from the container's. The container's copy of its configuration is updated, so
/// that later updates build on it.
Status update(const Context& context, const UpdateOptions& options);

/// Saves a running or paused container to images. Unless it is left running (or this is only a
/// pre-dump) the container is then removed.
Status checkpoint(const Context& context, const CriuOptions& options);

/// Makes a container of the images, running as it was when they were saved. With `detach` it
/// returns then; else it stays as run does.
Result<int> restore(const Context& context, const RestoreOptions& options);

/// The plan that create would carry out, as text or JSON, without carrying out any of it. The
/// context has the id that the plan is for, and no state root.
Result<std::string> explain(const Context& context, const ExplainOptions& options);

/// What is wrong or doubtful in a bundle's config.json.
struct Validation {
    oci::Diagnostics diagnostics;
    std::vector<oci::Covered> properties;  ///< what becomes of each, on this host
};

/// Every fault of a bundle's config.json. With `on_host`, also what this host cannot do of it, and
/// what becomes of each property.
Result<Validation> validate(const std::string& bundle, bool on_host);

struct Checkup {
    std::string report;  ///< as text or JSON
    bool fit = false;    ///< the container can run here
};

/// Examines this host and reports what it offers to containers, what it does not, and what fixes
/// it. Changes nothing.
Result<Checkup> check_up(const CheckupOptions& options);

}  // namespace crux::container
