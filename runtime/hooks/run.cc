#include "runtime/hooks/run.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "runtime/hooks/spawn.h"
#include "runtime/hooks/tail.h"
#include "runtime/init/program_cause.h"
#include "runtime/sys/file.h"
#include "runtime/sys/poll.h"
#include "runtime/sys/process.h"
#include "runtime/sys/signal.h"
#include "runtime/sys/time.h"

namespace crux::hooks {

namespace {

constexpr std::size_t kKept = 4096;

/// While a hook runs: a hook that does not read its stdin must not end crux with SIGPIPE, and its
/// end must not be lost if crux was started with SIGCHLD ignored.
class Dispositions {
 public:
    Dispositions()
        : pipe_(sys::set_disposition(SIGPIPE, SIG_IGN)),
          child_(sys::set_disposition(SIGCHLD, SIG_DFL)) {}
    Dispositions(const Dispositions&) = delete;
    Dispositions& operator=(const Dispositions&) = delete;
    ~Dispositions() {
        if (pipe_) {
            // If signals are blocked, one of ours stays pending even though it is ignored; ignoring
            // it again drops it (sigaction(2) of POSIX).
            (void)sys::set_disposition(SIGPIPE, SIG_IGN);
            ::sigaction(SIGPIPE, &*pipe_, nullptr);
        }
        if (child_) ::sigaction(SIGCHLD, &*child_, nullptr);
    }

 private:
    Result<struct ::sigaction, Errno> pipe_;
    Result<struct ::sigaction, Errno> child_;
};

/// A pipe without an end at 0 to 2, which the hook needs for its own streams.
Result<sys::Pipe, Errno> make_pipe() {
    sys::Pipe pipe = TRY(sys::pipe2());
    if (pipe.read.get() <= STDERR_FILENO) pipe.read = TRY(sys::dup(pipe.read));
    if (pipe.write.get() <= STDERR_FILENO) pipe.write = TRY(sys::dup(pipe.write));
    return pipe;
}

/// Our ends of the hook's streams.
class Conversation {
 public:
    Conversation(sys::Fd in, sys::Fd out, sys::Fd err, std::string_view state)
        : in_(std::move(in)), out_{std::move(out)}, err_{std::move(err)}, state_(state) {}

    /// Waits for the hook's end or one of its streams, at most until the deadline, and handles what
    /// is ready. True if the hook has ended.
    Result<bool, Errno> turn(sys::FdRef hook, std::uint64_t deadline) {
        const auto entry = [](sys::FdRef file, short events) {
            return ::pollfd{.fd = file.get(), .events = events, .revents = 0};
        };
        std::array entries{entry(hook, POLLIN), entry(in_, POLLOUT), entry(out_.fd, POLLIN),
                           entry(err_.fd, POLLIN)};
        TRY(sys::poll(entries, milliseconds_until(deadline)));
        if (entries[1].revents != 0) feed();
        if (entries[2].revents != 0) drain(out_);
        if (entries[3].revents != 0) drain(err_);
        return entries[0].revents != 0;
    }

    /// Reads the rest of the pipes, without waiting for processes that may still have them open.
    void finish() {
        constexpr std::size_t kMostTurns = 64;  // a process left behind may write forever
        for (std::size_t i = 0; i < kMostTurns && drain(out_); ++i) continue;
        for (std::size_t i = 0; i < kMostTurns && drain(err_); ++i) continue;
    }

    [[nodiscard]] std::string output() const { return out_.tail.text(); }
    [[nodiscard]] std::string error_output() const { return err_.tail.text(); }

 private:
    struct Stream {
        sys::Fd fd;
        Tail tail{kKept};
    };

    static int milliseconds_until(std::uint64_t deadline) {
        constexpr std::uint64_t kNanosPerMilli = 1'000'000;
        constexpr std::uint64_t kMost = 3'600'000;
        const std::uint64_t now = sys::monotonic_ns();
        if (now >= deadline) return 0;
        return static_cast<int>(std::min(((deadline - now) / kNanosPerMilli) + 1, kMost));
    }

    void feed() {
        auto written = sys::write(in_, state_);
        if (written) state_.remove_prefix(*written);
        // A hook does not have to read its state: a closed pipe is not a failure.
        const bool over = written ? state_.empty() : written.error().value != EAGAIN;
        if (over) in_.reset();
    }

    /// One read; false if there is no more data for now.
    static bool drain(Stream& stream) {
        std::array<char, 8192> bytes;
        if (!stream.fd) return false;
        auto count = sys::read(stream.fd, bytes);
        if (count && *count > 0) {
            stream.tail.add({bytes.data(), *count});
            return true;
        }
        if (count || count.error().value != EAGAIN) stream.fd.reset();
        return false;
    }

    sys::Fd in_;
    Stream out_;
    Stream err_;
    std::string_view state_;
};

std::uint64_t deadline_of(const oci::Hook& hook) {
    constexpr std::int64_t kMostSeconds = 1'000'000'000;
    constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;
    // config.md, POSIX-platform Hooks: without a timeout a hook may take any time.
    if (!hook.timeout) return UINT64_MAX;
    const std::int64_t seconds = std::clamp<std::int64_t>(*hook.timeout, 0, kMostSeconds);
    return sys::monotonic_ns() + (static_cast<std::uint64_t>(seconds) * kNanosPerSecond);
}

/// Handles the hook until its end; returns an outcome without its output.
Result<ProgramOutcome> attend(Running& running, Conversation& conversation,
                              std::uint64_t deadline) {
    for (;;) {
        const bool ended = TRY(conversation.turn(running.fd(), deadline).during("wait for a hook"));
        if (ended) {
            const sys::ExitStatus status = TRY(running.reap());
            return ProgramOutcome{.end = status.signalled ? ProgramOutcome::End::signalled
                                                          : ProgramOutcome::End::exited,
                                  .value = status.value};
        }
        if (sys::monotonic_ns() < deadline) continue;
        running.kill();
        TRY(running.reap());
        return ProgramOutcome{.end = ProgramOutcome::End::timed_out};
    }
}

ProgramOutcome not_started(const oci::Hook& hook, int error) {
    char cause[init::kCauseMax];
    init::cause_of(hook.path.c_str(), error, init::Descriptors::close, cause);
    return {.end = ProgramOutcome::End::not_started, .value = error, .cause = cause};
}

}  // namespace

Result<ProgramOutcome> run(const oci::Hook& hook, const HookContext& setting) {
    const Dispositions dispositions;
    sys::Fd directory = TRY(sys::openat(sys::FdRef::cwd(), setting.directory, O_PATH | O_DIRECTORY)
                                .during(setting.directory));
    sys::Pipe in = TRY(make_pipe());
    sys::Pipe out = TRY(make_pipe());
    sys::Pipe err = TRY(make_pipe());
    TRY(sys::set_nonblocking(in.write, true));
    TRY(sys::set_nonblocking(out.read, true));
    TRY(sys::set_nonblocking(err.read, true));
    const std::uint64_t deadline = deadline_of(hook);
    auto running =
        spawn(hook, {.in = in.read, .out = out.write, .err = err.write, .directory = directory});
    if (!running) return not_started(hook, running.error().value);
    in.read.reset();
    out.write.reset();
    err.write.reset();
    Conversation conversation(std::move(in.write), std::move(out.read), std::move(err.read),
                              setting.state);
    ProgramOutcome outcome = TRY(attend(*running, conversation, deadline));
    conversation.finish();
    outcome.output = conversation.output();
    outcome.error_output = conversation.error_output();
    return outcome;
}

namespace {

Status run_one(std::string_view name, std::size_t index, const oci::Hook& hook,
               const HookContext& setting) {
    const HookLabel label = {name, index, hook.path, hook.timeout.value_or(0)};
    auto outcome = run(hook, setting);
    if (!outcome) return std::unexpected(hook_failure(label, std::move(outcome.error())));
    if (outcome->succeeded()) return {};
    return std::unexpected(hook_failure(label, *outcome));
}

}  // namespace

Status run_all(std::string_view name, const std::vector<oci::Hook>& hooks,
               const HookContext& setting) {
    for (std::size_t i = 0; i < hooks.size(); ++i) TRY(run_one(name, i, hooks[i], setting));
    return {};
}

std::vector<Error> run_each(std::string_view name, const std::vector<oci::Hook>& hooks,
                            const HookContext& setting) {
    std::vector<Error> failures;
    for (std::size_t i = 0; i < hooks.size(); ++i) {
        auto status = run_one(name, i, hooks[i], setting);
        if (!status) failures.push_back(std::move(status.error()));
    }
    return failures;
}

}  // namespace crux::hooks
