#include <poll.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/freezer.h"
#include "runtime/cgroup/group.h"
#include "runtime/sys/poll.h"

namespace crux::cgroup {

namespace {

/// freezer.state is FROZEN also if only an ancestor is frozen; this is about the container itself.
Result<FreezerState, Errno> v1_state(sys::FdRef base, const std::string& directory) {
    std::string text = TRY(read_value(base, directory + "/freezer.state"));
    std::string_view state = trimmed(text);
    if (state == "THAWED") return FreezerState::thawed;
    std::string self = TRY(read_value(base, directory + "/freezer.self_freezing"));
    if (trimmed(self) == "0") return FreezerState::thawed;
    return state == "FROZEN" ? FreezerState::frozen : FreezerState::freezing;
}

Result<FreezerState, Errno> v2_state(sys::FdRef base, const std::string& directory) {
    std::string text = TRY(read_value(base, directory + "/cgroup.freeze"));
    if (trimmed(text) != "1") return FreezerState::thawed;
    std::string events = TRY(read_value(base, directory + "/cgroup.events"));
    bool frozen = value_of_key(events, "frozen").value_or(0) != 0;
    return frozen ? FreezerState::frozen : FreezerState::freezing;
}

}  // namespace

Result<FreezerState> Group::freezer_state() const {
    std::optional<FreezerFile> freezer = freezer_file(dirs_);
    if (!freezer) return FreezerState::none;
    const std::string& directory = names_[freezer->dir];
    auto state = freezer->version == 1 ? v1_state(base_, directory) : v2_state(base_, directory);
    if (!state && is_gone(state.error())) return FreezerState::none;
    return std::move(state).during(path(freezer->dir));
}

Result<void, Errno> Group::write_freezer(std::string_view value) const {
    std::optional<FreezerFile> freezer = freezer_file(dirs_);
    if (!freezer) return std::unexpected(Errno{"open", ENOENT});
    return sys::write_file(base_, name(freezer->dir, freezer->file), value);
}

Status Group::freeze(int timeout_ms) const {
    std::optional<FreezerFile> freezer = freezer_file(dirs_);
    if (!freezer) return fail(Error::Kind::unsupported, "the container's cgroup has no freezer");
    Status frozen = freeze_by(*freezer, timeout_ms);
    // A container that is frozen in part is worse than a running one.
    if (!frozen) (void)thaw();
    return frozen;
}

Status Group::freeze_by(const FreezerFile& freezer, int timeout_ms) const {
    std::string file = path(freezer.dir, freezer.file);
    Deadline deadline(timeout_ms);
    constexpr int kRoundsBetweenThaws = 50;
    for (int round = 1;; ++round) {
        // v1 requires repeated writes: one write misses processes that appear meanwhile (and a thaw
        // in between helps if they appear all the time).
        if (round == 1 || freezer.version == 1) TRY(write_freezer(freezer.frozen).during(file));
        FreezerState state = TRY(freezer_state());
        if (state == FreezerState::frozen) return {};
        if (state == FreezerState::none)
            return fail(Error::Kind::state, cat(file, ": the cgroup no longer exists"));
        if (!deadline.sleep()) break;
        if (freezer.version == 1 && round % kRoundsBetweenThaws == 0) TRY(thaw());
    }
    return fail(Error::Kind::os, cat("unable to freeze within ", timeout_ms, " ms"));
}

Status Group::thaw() const {
    std::optional<FreezerFile> freezer = freezer_file(dirs_);
    if (!freezer) return {};
    auto written = write_freezer(freezer->thawed);
    if (!written && is_gone(written.error())) return {};
    return std::move(written).during(path(freezer->dir, freezer->file));
}

}  // namespace crux::cgroup
