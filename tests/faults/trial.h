#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/faults/calls.h"
#include "tests/faults/confinement.h"
#include "tests/faults/victim.h"

namespace crux::test {

/// A command, the state that it is for, and the states that the container may have afterwards. ""
/// means that the container does not exist.
struct Command {
    const char* name;
    std::vector<std::string> before_id;
    std::vector<std::string> after_id;
    std::string state;
    std::vector<std::string> after_success;
    std::vector<std::string> after_failure;
    /// It makes the container: a failure leaves nothing, not even until delete.
    bool makes = false;
    /// The init that waits for start belongs to it.
    bool has_init = false;
};

const Command& command_named(const std::string& name);

/// Which of a command's calls get a fault, and how many of their errors.
struct Choice {
    std::size_t stride = 1;       ///< of the command's own calls
    std::size_t init_stride = 1;  ///< of init's, of which there are many more
    bool every_error = false;     ///< not one of a call's errors in turn, but each
    bool kills = false;           ///< the process that makes the call is killed instead
    bool lasts = false;           ///< all calls of this name that follow fail as well
};

/// Carries out one command again and again, each time with a fault in another system call, and
/// checks what follows: an error with its place, a state that the command may leave, no container
/// that is not as it should be, and nothing on the host after delete.
class Trial {
 public:
    Trial(Victim& victim, const Command& command);

    /// Every chosen call in turn.
    void run_all(const Choice& choice);
    /// Carries out the command behind these words, which change what it finds on the host.
    Outcome run_behind(const std::vector<std::string>& prefix);

    int runs = 0;
    int failures = 0;        ///< the command reported an error, or was killed
    std::size_t points = 0;  ///< calls of crux and init in which a fault can be put

 private:
    [[nodiscard]] std::vector<std::string> words() const;
    void bring_to_state();
    void learn();
    void try_fault(const Call& call, const std::string& fault);
    void check_failure(const Call& call, const std::string& fault, const Outcome& outcome);
    void check_success(const Call& call, const std::string& fault, const Outcome& outcome);
    void check_state(const std::vector<std::string>& allowed);
    void check_unchanged();
    [[nodiscard]] pid_t init() const;
    [[nodiscard]] pid_t process_to_look_at() const;
    [[nodiscard]] pid_t waiting_init() const;

    Victim& victim_;
    const Command& command_;
    std::vector<Call> calls_;
    std::string looked_at_;  ///< the pid file of the process that the command makes, or ""
    Confinement before_;     ///< of init, in the state that the command is for
    Confinement expected_;   ///< of init or the process of exec, after a success
};

/// Checks the output of a command that failed because of an error in this call: one sentence with
/// its place and the cause. crux aborts without memory.
void check_error(const Call& call, const std::string& error, const Outcome& outcome);

/// Says in the test's output how many faults there were.
void report(const std::string& name, const Trial& trial, const Choice& choice);

}  // namespace crux::test
