#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/support/bundle.h"
#include "tests/support/command.h"
#include "tests/support/container.h"
#include "tests/support/host_snapshot.h"

namespace crux::test {

/// Whether the environment variable CRUX_THOROUGH requests the long ranges, which take many
/// minutes.
bool thorough();

/// A config for the fault tests: `dress` changes the default one.
struct Scene {
    const char* name;
    void (*dress)(Bundle& bundle);
    bool has_terminal = false;
};

/// The default config; one with a user namespace, hooks, seccomp and a terminal; one with many
/// mounts; the same mounts without a mount namespace.
const std::vector<Scene>& scenes();
/// A config that CRIU can dump: without the test's streams.
const Scene& dumpable_scene();

/// A console socket that accepts all data and discards it.
class ConsoleSocket {
 public:
    ConsoleSocket();
    ~ConsoleSocket();
    ConsoleSocket(const ConsoleSocket&) = delete;
    ConsoleSocket& operator=(const ConsoleSocket&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    /// Closes all connections.
    void drain() const;

 private:
    std::string path_;
    int socket_ = -1;
};

/// One container that is made, broken and removed repeatedly, and a snapshot of the host from
/// before the first time.
class Victim {
 public:
    explicit Victim(const Scene& scene = scenes().front());

    Bundle& bundle() { return bundle_; }
    Container& container() { return container_; }
    /// The arguments of create or run in this scene.
    [[nodiscard]] std::vector<std::string> words(const std::string& command,
                                                 const std::vector<std::string>& more = {}) const;

    /// Waits until this process has become the container's program; with `is_waiting` only until it
    /// exists.
    [[nodiscard]] bool program_runs(pid_t pid, bool is_waiting = false) const;
    /// Its log, which has warnings as well.
    [[nodiscard]] std::string log() const { return bundle_.path() + "/log"; }
    /// The directory of the images of make_images(), below the bundle.
    [[nodiscard]] std::string images() const { return bundle_.path() + "/images"; }
    /// Makes the container and checkpoints it.
    void make_images();

    /// The present difference of the host to before, or "".
    [[nodiscard]] std::string left_at_once() const;
    /// Deletes by force, which must succeed without output; then the remaining difference, or "".
    [[nodiscard]] std::string left_after_delete();
    /// Fails the check, and cleans the host, if this is not "".
    void check_nothing(const std::string& left, const std::string& when);

 private:
    Bundle bundle_;
    ConsoleSocket console_;
    Container container_;
    bool has_terminal_;
    HostSnapshot before_;
};

/// While the object exists, crux is the program with fault points, set to fail at a step.
class BrokenAt {
 public:
    BrokenAt(int step, const std::string& action);
    ~BrokenAt();
    BrokenAt(const BrokenAt&) = delete;
    BrokenAt& operator=(const BrokenAt&) = delete;
};

/// Reaps processes that became our children when their parent was killed.
void reap_orphans();

}  // namespace crux::test
