#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/bundle.h"
#include "tests/support/command.h"
#include "tests/support/container.h"

namespace crux::test {

/// A tree of the host outside of every root, whose names, contents, owners, modes and times must
/// not change, and the host's mounts. Checked in the destructor.
class Canary {
 public:
    Canary();
    ~Canary();
    Canary(const Canary&) = delete;
    Canary& operator=(const Canary&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    /// Checks now; the text describes the last action.
    void check(const std::string& after) const;

 private:
    std::string path_;
    std::string tree_;
    std::string mounts_;
};

/// Exchanges two names continuously, as the owner of a volume can, until the object is destroyed.
class Swapper {
 public:
    Swapper(std::string one, std::string other);
    ~Swapper();
    Swapper(const Swapper&) = delete;
    Swapper& operator=(const Swapper&) = delete;

 private:
    std::atomic<bool> ends_ = false;
    std::thread thread_;
};

/// Exactly one line of error, and the exit code of a failure.
void check_refused(const Outcome& outcome);

/// Creates a container, calls `look` with init's pid if that succeeded, and deletes it; returns
/// whether create succeeded. If not, it must have failed cleanly.
bool try_create(Bundle& bundle, const std::function<void(Container&, pid_t)>& look);

/// The lines of a process's mountinfo with this mount point.
std::vector<std::string> mounts_at(pid_t pid, const std::string& point);

/// The duration of a race: seconds, or a minute with CRUX_THOROUGH.
std::chrono::milliseconds race_time();

}  // namespace crux::test
