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

/// The time between two exchanges: none, or up to 100 microseconds, so that several steps of a
/// create find the same names.
enum class Pace : std::uint8_t { steady, irregular };

/// Exchanges two names continuously, as the owner of a volume can, until the object is destroyed.
class Swapper {
 public:
    Swapper(std::string one, std::string other, Pace pace = Pace::steady);
    /// Exchanges several pairs in turn.
    Swapper(std::vector<std::pair<std::string, std::string>> pairs, Pace pace);
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

/// The rounds of a race: at least 500, but not for longer than 20 seconds; with CRUX_THOROUGH
/// 10,000 in any time.
class Rounds {
 public:
    explicit Rounds(std::string name);
    /// Whether another round comes.
    bool next();
    /// Counts a round that the attacker won; keeps the words of the first one.
    void win(const std::string& words);
    [[nodiscard]] int tries() const { return tries_; }
    [[nodiscard]] int wins() const { return wins_; }
    /// "NAME: N tries, N won", and the words of the first one that was won.
    [[nodiscard]] std::string summary() const;

 private:
    std::string name_;
    std::chrono::steady_clock::time_point end_;
    int tries_ = 0;
    int wins_ = 0;
    std::string first_;
};

}  // namespace crux::test
