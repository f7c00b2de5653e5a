#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/host_snapshot.h"

namespace crux::test {

/// Checks at the end of its scope that the host is as it was at its beginning. It stands first in a
/// test, so that the containers and bundles of the test have gone before it looks.
class Unchanged {
 public:
    Unchanged() : before_(HostSnapshot::take()) {}
    ~Unchanged();
    Unchanged(const Unchanged&) = delete;
    Unchanged& operator=(const Unchanged&) = delete;

 private:
    HostSnapshot before_;
};

/// "--log" and a file that keeps nothing: standard error then has the bare sentences of errors.
std::vector<std::string> bare_errors();

/// Requires that the command succeeded without a word.
void must(const Outcome& outcome);
/// Checks that the command failed with this exit code and this sentence alone, said with
/// bare_errors().
void refused(const Outcome& outcome, const std::string& sentence, int status = 1);
/// The same, where the sentence only has to contain this.
void refused_with(const Outcome& outcome, const std::string& part, int status = 1);

/// Waits for a child of the test to end; its exit code, or 128 and the signal. Nothing where it
/// does not end in time.
std::optional<int> exit_of(pid_t child, std::chrono::milliseconds timeout = 5s);

/// The children of a process, as the kernel lists them.
std::vector<pid_t> children_of(pid_t pid);
/// A field of /proc/PID/status ("CapEff"), without the blanks around it; "" where it is not there.
std::string status_field(pid_t pid, const std::string& name);
/// What the magic link at this path names; "" where there is none.
std::string link_of(const std::string& path);

std::vector<std::string> lines_of(const std::string& text);

}  // namespace crux::test
