#include <cerrno>
#include <csignal>

#include "runtime/base/text.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/freezer.h"
#include "runtime/cgroup/group.h"
#include "runtime/sys/process.h"

namespace crux::cgroup {

namespace {

Status signal_each(const std::vector<pid_t>& pids, int signal) {
    for (pid_t pid : pids) {
        auto sent = sys::kill(pid, signal);
        if (!sent && sent.error().value != ESRCH)
            return std::unexpected(Error(sent.error()).during(cat("signal process ", pid)));
    }
    return {};
}

}  // namespace

bool Group::kill_by_kernel() const {
    int dir = unified_dir(dirs_);
    if (dir < 0) return false;
    std::string file = name(static_cast<std::uint32_t>(dir), "cgroup.kill");
    return sys::write_file(base_, file, "1").has_value();
}

Status Group::kill_all(int timeout_ms) const {
    Deadline deadline(timeout_ms);
    // Also kills processes that fork at the same time. What is not in the unified hierarchy's
    // cgroup (on an older kernel everything) is killed by signals.
    bool killed = kill_by_kernel();
    std::optional<FreezerFile> freezer = freezer_file(dirs_);
    bool has_v1_freezer = freezer && freezer->version == 1;
    // A process that v1 froze dies only after a thaw.
    Status thawed;
    if (killed && has_v1_freezer) thawed = thaw();
    for (bool first = true;; first = false) {
        std::vector<pid_t> pids = TRY(processes());
        if (pids.empty()) return {};
        if (!killed || !first) TRY(kill_by_signals(has_v1_freezer, thawed));
        if (deadline.sleep()) continue;
        TRY(std::move(thawed));
        return fail(Error::Kind::state,
                    cat("container's cgroup still has ", pids.size(), " process(es)"));
    }
}

Status Group::kill_by_signals(bool has_v1_freezer, Status& thawed) const {
    // Frozen processes cannot fork and so escape the list; after the thaw they die from the signal.
    if (has_v1_freezer) (void)write_freezer("FROZEN");
    auto pids = processes();
    Status sent;
    if (pids) sent = signal_each(*pids, SIGKILL);
    if (has_v1_freezer) thawed = thaw();
    TRY(std::move(pids));
    return sent;
}

}  // namespace crux::cgroup
