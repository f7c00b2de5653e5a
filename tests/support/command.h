#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace crux::test {

using namespace std::chrono_literals;

/// The slowdown of this machine compared with ordinary hardware: the environment variable
/// CRUX_TESTS_SLOWDOWN, which the virtual machines of tests/vm set; 1 without it. The waits of
/// tests/support are multiplied by it; a test's own time limit must use it.
int slowdown();

/// Options of a command in addition to its arguments.
struct CommandOptions {
    /// The time, multiplied by slowdown(), after which the command's process group is killed and
    /// Outcome::timed_out is set.
    std::chrono::milliseconds timeout = 20s;
    /// Its standard input; /dev/null if empty.
    std::string input;
    /// Its working directory; that of the test if empty.
    std::string cwd;
    /// Added to the test's environment, or the whole environment with clear_env.
    std::map<std::string, std::string> env;
    bool clear_env = false;
    /// More descriptors: the number in the command, and our descriptor (not closed). May also
    /// replace 0, 1 and 2.
    std::vector<std::pair<int, int>> fds;
};

/// The result of a command.
struct Outcome {
    int status = -1;  ///< its exit code; -1 if it was killed
    int signal = 0;   ///< the signal that killed it, or 0
    bool timed_out = false;
    std::string out;
    std::string err;
    std::chrono::microseconds elapsed{0};

    [[nodiscard]] bool ok() const { return status == 0; }
    /// Exit code, signal, and both outputs, for the report of a failed test.
    [[nodiscard]] std::string describe() const;
};

/// A running command in its own process group. Its output goes to memory files, so that a container
/// that outlives it and keeps its outputs open never blocks a reader.
class Process {
 public:
    /// Starts it; throws std::runtime_error if it cannot be started.
    explicit Process(const std::vector<std::string>& argv, const CommandOptions& options = {});
    /// Kills the process group and reaps it, if wait() has not.
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// The output so far.
    [[nodiscard]] std::string out() const;
    [[nodiscard]] std::string err() const;
    /// Sends a signal to the process only.
    void signal(int number) const;
    /// Waits until it ends, at most this time multiplied by slowdown(), then kills its group.
    Outcome wait(std::chrono::milliseconds timeout = 20s);
    /// Whether it has ended (without reaping it).
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

/// The program under test: the environment variable CRUX, else `crux` next to the test binary.
std::string crux_program();

/// Checks every 5 ms until the condition holds; false after this time multiplied by slowdown().
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds timeout = 5s);

/// One step of eventually(): sleeps; returns false after the deadline.
bool sleep_before(std::chrono::steady_clock::time_point deadline);

template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout * slowdown();
    while (!condition())
        if (!sleep_before(deadline)) return condition();
    return true;
}

/// The content of a file; throws if it cannot be read.
std::string read_file(const std::string& path);
/// Makes or replaces a file; throws if it cannot be written.
void write_file(const std::string& path, const std::string& text, mode_t mode = 0644);

}  // namespace crux::test
