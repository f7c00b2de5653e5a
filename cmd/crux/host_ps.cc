#include "cmd/crux/host_ps.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>

#include "runtime/base/program_outcome.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

std::unexpected<Error> failed(std::string_view call, int error) {
    return fail(Error::Kind::os, cat("ps: ", call, ": ", errno_words(error)));
}

/// The fields of the line, which are separated by blanks.
std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields;
    for (const std::string_view field : split(line, ' '))
        if (!field.empty()) fields.push_back(field);
    return fields;
}

/// The time at which ps must have exited. It reads all of /proc, which takes long on a busy host.
class Deadline {
 public:
    explicit Deadline(std::chrono::milliseconds limit) : end_(Clock::now() + limit) {}

    /// Waits until the descriptor is readable.
    [[nodiscard]] Status wait(int file) const {
        for (;;) {
            pollfd entry = {.fd = file, .events = POLLIN, .revents = 0};
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now()).count();
            if (left <= 0) return fail(Error::Kind::os, "ps: did not exit within the time limit");
            const int ready = ::poll(&entry, 1, static_cast<int>(left));
            if (ready > 0) return {};
            if (ready < 0 && errno != EINTR) return failed("poll", errno);
        }
    }

 private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point end_;
};

Result<std::string> read_all(int file, const Deadline& deadline) {
    std::string all;
    char buffer[4096];
    for (;;) {
        TRY(deadline.wait(file));
        const ssize_t length = ::read(file, buffer, sizeof buffer);
        if (length == 0) return all;
        if (length > 0)
            all.append(buffer, static_cast<std::size_t>(length));
        else if (errno != EINTR)
            return failed("read", errno);
    }
}

/// The output of the process, once it has exited.
Result<std::string> output_until_exit(pid_t pid, int file, const Deadline& deadline) {
    std::string output = TRY(read_all(file, deadline));
    const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (pidfd < 0) return failed("pidfd_open", errno);
    Status exited = deadline.wait(pidfd);
    ::close(pidfd);
    TRY(std::move(exited));
    return output;
}

/// Starts ps with standard output and standard error on this descriptor.
Result<pid_t> spawn(std::span<const std::string> words, int output) {
    std::vector<char*> arguments = {const_cast<char*>("ps")};
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, "ps", &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error == ENOENT)
        return fail(Error::Kind::os, "exec: \"ps\": executable file not found in $PATH");
    if (error != 0) return failed("posix_spawn", error);
    return pid;
}

}  // namespace

Result<std::string> host_ps(std::span<const std::string> words, std::chrono::milliseconds limit) {
    const Deadline deadline(limit);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe2", errno);
    Result<pid_t> pid = spawn(words, ends[1]);
    ::close(ends[1]);
    Result<std::string> output = pid ? output_until_exit(*pid, ends[0], deadline) : std::string();
    ::close(ends[0]);
    if (!pid) return std::unexpected(std::move(pid).error());
    if (!output) ::kill(*pid, SIGKILL);
    int status = 0;
    // lint: allow wait: it has exited or was killed.
    while (::waitpid(*pid, &status, 0) < 0)
        if (errno != EINTR) return failed("waitpid", errno);
    std::string all = TRY(std::move(output));
    if (status != 0)
        return fail(Error::Kind::os,
                    cat(outcome_words(outcome_of_wait(status)), ": ", trimmed(all)));
    return all;
}

Result<std::string> lines_of_processes(std::string_view output, const std::vector<int>& processes) {
    const std::vector<std::string_view> lines = split(output, '\n');
    const std::vector<std::string_view> headings = fields_of(lines.front());
    const auto found = std::ranges::find(headings, "PID");
    if (found == headings.end())
        return fail(Error::Kind::usage, "couldn't find PID field in ps output");
    const auto column = static_cast<std::size_t>(found - headings.begin());
    std::string chosen = cat(lines.front(), '\n');
    for (const std::string_view line : std::span(lines).subspan(1)) {
        if (line.empty()) continue;
        const std::vector<std::string_view> fields = fields_of(line);
        const auto pid = column < fields.size() ? to_number<int>(fields[column]) : std::nullopt;
        if (!pid) return fail(Error::Kind::usage, cat("unable to parse pid: ", quoted(line)));
        if (std::ranges::binary_search(processes, *pid)) chosen += cat(line, '\n');
    }
    return chosen;
}

}  // namespace crux::cmd
