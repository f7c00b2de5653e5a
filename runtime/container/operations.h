#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/coverage.h"
#include "oci-spec/diagnostics.h"
#include "oci-spec/state.h"
#include "runtime/base/error.h"
#include "runtime/container/step_log.h"

/// The operations on containers (runtime-spec runtime.md, Operations), one a file. None prints
/// anything: what a person should know comes back as a result, an error or a warning.
namespace crux::container {

/// Where the containers' states are kept.
struct StateRoot {
    std::string root;       ///< absolute
    bool rootless = false;  ///< the caller is not root of the machine
};

struct CreateOptions {
    std::string bundle;          ///< absolute
    std::string console_socket;  ///< path; empty: none
    std::string pid_file;        ///< path; empty: none
    std::string pidfd_socket;    ///< path; empty: none
    bool no_pivot = false;
    bool no_new_keyring = false;
    unsigned preserve_fds = 0;
    bool systemd_cgroup = false;
    bool no_cgroup = false;       ///< stays in the caller's cgroup; resources have no effect
    StepLog* step_log = nullptr;  ///< told each step of the plan
};

struct RunOptions : CreateOptions {
    bool detach = false;
    bool keep = false;
    bool no_subreaper = false;
};

using Warnings = std::vector<std::string>;

/// What create made.
struct Created {
    int pid = 0;
};

enum class All { no, yes };
enum class Force { no, yes };

struct ListEntry {
    oci::State state;
    std::string owner;
    std::string error;  ///< not empty: this entry could not be read, and why
};

/// What explain and validate are asked about.
struct ExplainOptions {
    std::string bundle;  ///< absolute
    std::string id = "example";
    bool json = false;
    bool systemd_cgroup = false;
    bool no_cgroup = false;
};

/// Makes everything that the bundle asks for, up to a process that waits at the barrier. On failure
/// nothing is left. The container's status is `created` when this returns.
Result<Created> create(const StateRoot& place, std::string_view id, const CreateOptions& options,
                       Warnings& warnings);

/// create and start in one; without `detach` it stays until the program ends, passes signals on,
/// removes the container (unless `keep`) and answers the exit status to leave with.
Result<int> run(const StateRoot& place, std::string_view id, const RunOptions& options,
                Warnings& warnings);

/// Lets the program of a created container run. Returns when the program has been executed and the
/// poststart hooks are done. A failing hook ends and removes the container.
Status start(const StateRoot& place, std::string_view id, Warnings& warnings);

/// The container's state document.
Result<oci::State> state(const StateRoot& place, std::string_view id);

/// Sends a signal to the container's init; without one it is the image's stop signal (the
/// annotation org.opencontainers.image.stopSignal), or TERM where that is none. SIGKILL reaches
/// every process of a container without its own pid namespace. With All::yes a container that is
/// not running is no error.
Status kill(const StateRoot& place, std::string_view id, std::optional<int> signal, All all);

/// Deletes a container: cgroup, state, and what a killed create left. Force kills it first, and
/// finds success in a container that is not there. Poststop hooks that fail are warnings.
Status remove(const StateRoot& place, std::string_view id, Force force, Warnings& warnings);

/// All containers, in the order of their ids; one that cannot be read has an error instead of a
/// state.
Result<std::vector<ListEntry>> list(const StateRoot& place);

/// The processes of a container, as this process's pid namespace numbers them, sorted; none where
/// it has stopped.
Result<std::vector<int>> processes(const StateRoot& place, std::string_view id);

/// Freezes and thaws all processes of a container.
Status pause(const StateRoot& place, std::string_view id);
Status resume(const StateRoot& place, std::string_view id);

/// The plan that create would carry out, as text or JSON, without carrying out any of it.
Result<std::string> explain(const ExplainOptions& options, Warnings& warnings);

/// What there is to say of a bundle's config.json.
struct Validation {
    oci::Diagnostics diagnostics;
    std::vector<oci::Covered> properties;  ///< what becomes of each, on this host
};

/// What doctor is asked about.
struct CheckupOptions {
    std::string bundle;  ///< absolute; empty: the host, for an ordinary container
    bool json = false;
};

struct Checkup {
    std::string report;  ///< as text or JSON
    bool fit = false;    ///< the container can run here
};

/// Looks at this host and tells what it offers and lacks, and what mends it; changes nothing.
Result<Checkup> check_up(const CheckupOptions& options);

/// Everything that is wrong or doubtful in a bundle's config.json. With `on_host`, also what this
/// host cannot do of it, and what becomes of each property.
Result<Validation> validate(const std::string& bundle, bool on_host);

}  // namespace crux::container
