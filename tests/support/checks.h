#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/host_snapshot.h"

namespace crux::test {

/// Checks in the destructor that the host is unchanged. Must be the first object in a test, so that
/// the test's containers and bundles are removed before the check.
class Unchanged {
 public:
    Unchanged() : before_(HostSnapshot::take()) {}
    ~Unchanged();
    Unchanged(const Unchanged&) = delete;
    Unchanged& operator=(const Unchanged&) = delete;

 private:
    HostSnapshot before_;
};

/// "--log" with a file that is not read: standard error then contains errors as plain messages.
std::vector<std::string> bare_errors();

/// Requires that the command succeeded without output.
void must(const Outcome& outcome);
/// Checks that the command failed with this exit code and only this message, with bare_errors().
void refused(const Outcome& outcome, const std::string& sentence, int status = 1);
/// The same, but the message only has to contain this text.
void refused_with(const Outcome& outcome, const std::string& part, int status = 1);

/// Waits for a child of the test to end; returns its exit code, or 128 and the signal. Nothing if
/// it does not end in time.
std::optional<int> exit_of(pid_t child, std::chrono::milliseconds timeout = 5s);

/// The children of a process, as listed by the kernel.
std::vector<pid_t> children_of(pid_t pid);
/// A field of /proc/PID/status ("CapEff") without surrounding white space; "" if it is missing.
std::string status_field(pid_t pid, const std::string& name);
/// The target of the magic link at this path; "" if it is missing.
std::string link_of(const std::string& path);

std::vector<std::string> lines_of(const std::string& text);

}  // namespace crux::test
