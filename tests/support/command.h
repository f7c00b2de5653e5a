#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace crux::test {

using namespace std::chrono_literals;

/// How many times longer than on ordinary hardware things may take here: the environment's
/// CRUX_TESTS_SLOWDOWN, which the virtual machines of tests/vm set; 1 without it. The waits of
/// tests/support are longer by it; a test's own bound asks for it.
int slowdown();

/// What a command is given beside its words.
struct CommandOptions {
    /// After this, times slowdown(), the command's process group is killed and Outcome::timed_out
    /// is set.
    std::chrono::milliseconds timeout = 20s;
    /// Its standard input; /dev/null where empty.
    std::string input;
    /// Where it runs; the test's own working directory where empty.
    std::string cwd;
    /// Added to the test's environment, or the whole of it where clear_env.
    std::map<std::string, std::string> env;
    bool clear_env = false;
    /// More descriptors: number in the command, and ours (stays ours). May also replace 0, 1 and 2.
    std::vector<std::pair<int, int>> fds;
};

/// How a command ended.
struct Outcome {
    int status = -1;  ///< its exit code; -1 where it was killed
    int signal = 0;   ///< the signal that killed it, or 0
    bool timed_out = false;
    std::string out;
    std::string err;
    std::chrono::microseconds elapsed{0};

    [[nodiscard]] bool ok() const { return status == 0; }
    /// Exit code, signal, and both outputs, for a failed test's report.
    [[nodiscard]] std::string describe() const;
};

/// A running command in a process group of its own. What it writes goes to memory files, so that a
/// container which outlives it and holds its outputs never makes anyone wait.
class Process {
 public:
    /// Starts it; throws std::runtime_error where it cannot be started.
    explicit Process(const std::vector<std::string>& argv, const CommandOptions& options = {});
    /// Kills the process group and reaps where wait() has not.
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Everything written so far.
    [[nodiscard]] std::string out() const;
    [[nodiscard]] std::string err() const;
    /// Sends a signal to the process alone.
    void signal(int number) const;
    /// Waits until it ends, at most this long times slowdown(), then kills its group.
    Outcome wait(std::chrono::milliseconds timeout = 20s);
    /// Whether it has ended (and left its status for wait()).
    [[nodiscard]] bool ended() const;

 private:
    pid_t pid_ = -1;
    int pidfd_ = -1;
    int out_ = -1;
    int err_ = -1;
    std::chrono::steady_clock::time_point begin_;
};

/// Starts a command and waits for it.
Outcome run(const std::vector<std::string>& argv, const CommandOptions& options = {});

/// The program under test: the environment's CRUX, else `crux` beside the test binary.
std::string crux_program();

/// Asks again every 5 ms until the condition holds; false when the time, longer by slowdown(), is
/// up.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds timeout = 5s);

/// One step of eventually(): sleeps, and false when the deadline has passed.
bool sleep_before(std::chrono::steady_clock::time_point deadline);

template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout * slowdown();
    while (!condition())
        if (!sleep_before(deadline)) return condition();
    return true;
}

/// The whole of a file; throws where it cannot be read.
std::string read_file(const std::string& path);
/// Makes or replaces a file; throws where it cannot be written.
void write_file(const std::string& path, const std::string& text, mode_t mode = 0644);

}  // namespace crux::test
