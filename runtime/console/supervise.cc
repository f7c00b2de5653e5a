#include "runtime/console/supervise.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <span>

#include "runtime/sys/poll.h"
#include "runtime/sys/signal.h"

namespace crux::console {

namespace {

/// How long to wait without output, after the container's end, for a pty or a pipe that another
/// process still has open.
constexpr int kSilenceMs = 100;

bool ends_draining(int signal) {
    return signal == SIGHUP || signal == SIGINT || signal == SIGQUIT || signal == SIGTERM;
}

class Supervisor {
 public:
    Supervisor(pid_t pid, sys::FdRef process, const Signals& signals, Traffic* traffic,
               ExtraPoll extra)
        : pid_(pid), process_(process), signals_(signals), traffic_(traffic), extra_(extra) {}

    Result<sys::ExitStatus> run() {
        while (!over()) TRY(turn());
        return *status_;
    }

 private:
    [[nodiscard]] bool over() const {
        if (!status_) return false;
        return stopped_ || traffic_ == nullptr || traffic_->drained();
    }

    Status turn() {
        constexpr std::size_t kOwnEntries = 3;
        std::array<struct ::pollfd, kOwnEntries + Traffic::kEntries> entries{};
        for (struct ::pollfd& entry : entries) entry.fd = -1;
        entries[0] = {.fd = status_ ? -1 : process_.get(), .events = POLLIN, .revents = 0};
        entries[1] = {.fd = signals_.fd().get(), .events = POLLIN, .revents = 0};
        entries[2] = {.fd = extra_.fd.get(), .events = POLLIN, .revents = 0};
        const auto traffic_entries = std::span(entries).subspan<kOwnEntries>();
        if (traffic_ != nullptr) traffic_->ask(traffic_entries);
        const bool silence_ends = status_ && !traffic_->blocked();
        // lint: allow wait: it lasts as long as the process in the foreground.
        const int count = TRY(sys::poll(entries, silence_ends ? kSilenceMs : sys::kForever)
                                  .during("wait for container"));
        if (count == 0) stopped_ = true;
        if (traffic_ != nullptr) traffic_->serve(traffic_entries);
        if (entries[2].revents != 0 && !extra_.on_readable(extra_.context))
            extra_.fd = sys::FdRef::none();
        if (entries[1].revents != 0) TRY(handle_signals());
        if (entries[0].revents != 0) TRY(reap());
        return {};
    }

    Status reap() {
        // It has ended: this waits only if another process traces it, and does not wait forever.
        constexpr int kTracedMs = 100;
        status_ = TRY(sys::reap(process_, kTracedMs).during("wait for container"));
        if (status_ && traffic_ != nullptr) traffic_->end_input();
        return {};
    }

    Status handle_signals() {
        for (;;) {
            auto info = TRY(sys::read_signal(signals_.fd()).during("read signals"));
            if (!info) return {};
            handle(*info);
        }
    }

    void handle(const struct ::signalfd_siginfo& info) {
        const int signal = static_cast<int>(info.ssi_signo);
        if (signal == SIGCHLD) {
            reap_others();
            return;
        }
        if (signal == SIGWINCH && traffic_ != nullptr && traffic_->resize()) return;
        // A SIGPIPE from our own write to a closed stdout is not for the container.
        const bool own =
            signal == SIGPIPE && info.ssi_pid == static_cast<std::uint32_t>(::getpid());
        if (signal == SIGURG || own) return;
        if (signal == SIGCONT && traffic_ != nullptr) traffic_->resume();
        if (status_ && ends_draining(signal)) stopped_ = true;
        // The process may have ended just now; the next turn handles that.
        if (!status_) (void)sys::pidfd_send_signal(process_, signal);
    }

    /// Reaps all ended children except the supervised process.
    void reap_others() const {
        for (;;) {
            siginfo_t info = {};
            if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return;
            if (info.si_pid == 0 || info.si_pid == pid_) return;
            ::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
        }
    }

    pid_t pid_;
    sys::FdRef process_;
    const Signals& signals_;
    Traffic* traffic_;
    ExtraPoll extra_;
    std::optional<sys::ExitStatus> status_;
    bool stopped_ = false;  ///< do not wait for the rest of the output
};

}  // namespace

Result<sys::ExitStatus> supervise(pid_t pid, sys::FdRef process, const Signals& signals,
                                  Traffic* traffic, ExtraPoll extra) {
    return Supervisor(pid, process, signals, traffic, extra).run();
}

}  // namespace crux::console
