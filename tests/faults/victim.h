#pragma once

#include <string>
#include <vector>

#include "tests/support/bundle.h"
#include "tests/support/command.h"
#include "tests/support/container.h"
#include "tests/support/host_snapshot.h"

namespace crux::test {

/// Whether the environment's CRUX_THOROUGH asks for the wide ranges, which take many minutes.
bool thorough();

/// A config that the fault tests break: what `dress` makes of the default one.
struct Scene {
    const char* name;
    void (*dress)(Bundle& bundle);
    bool has_terminal = false;
};

/// The default config; a user namespace with hooks, seccomp and a terminal; one with many mounts;
/// the same mounts without a mount namespace.
const std::vector<Scene>& scenes();

/// A console socket that takes what comes and keeps none of it.
class ConsoleSocket {
 public:
    ConsoleSocket();
    ~ConsoleSocket();
    ConsoleSocket(const ConsoleSocket&) = delete;
    ConsoleSocket& operator=(const ConsoleSocket&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    /// Closes everybody who connected.
    void drain() const;

 private:
    std::string path_;
    int socket_ = -1;
};

/// One container that is made, broken and cleared away again and again, and the host as it was
/// before the first time.
class Victim {
 public:
    explicit Victim(const Scene& scene = scenes().front());

    Bundle& bundle() { return bundle_; }
    Container& container() { return container_; }
    /// The words of a create or run of this scene.
    [[nodiscard]] std::vector<std::string> words(const std::string& command,
                                                 const std::vector<std::string>& more = {}) const;

    /// What the host has more or less than before at this very moment, or "".
    [[nodiscard]] std::string left_at_once() const;
    /// Deletes by force, which must succeed without a word; then what stays different, or "".
    [[nodiscard]] std::string left_after_delete();
    /// Ends with a failed check, and the host cleared, where this is not "".
    void check_nothing(const std::string& left, const std::string& when);

 private:
    Bundle bundle_;
    ConsoleSocket console_;
    Container container_;
    bool has_terminal_;
    HostSnapshot before_;
};

/// One system call of a run: its name, and that it is the n-th of that name.
struct Call {
    std::string name;
    int number = 0;
    [[nodiscard]] std::string describe() const;
};

/// The system calls that the command itself (not its children) makes, in order, from a run of it.
std::vector<Call> calls_of(const std::vector<std::string>& words);
/// The command under strace, which does this to the command itself at one of its system calls:
/// "signal=SIGKILL" or "error=EPERM".
std::vector<std::string> tampered(const std::vector<std::string>& words, const std::string& action,
                                  const Call& call);
/// Skips where strace is missing or may not trace.
void need_strace();

/// While it lives, crux is the program with the points at which it breaks, told to do so at a step.
class BrokenAt {
 public:
    BrokenAt(int step, const std::string& action);
    ~BrokenAt();
    BrokenAt(const BrokenAt&) = delete;
    BrokenAt& operator=(const BrokenAt&) = delete;
};

/// Reaps what became ours when its parent was killed.
void reap_orphans();

}  // namespace crux::test
