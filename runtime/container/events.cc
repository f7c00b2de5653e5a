#include "runtime/container/events.h"

#include <poll.h>

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/cgroup/oom_watch.h"
#include "runtime/container/existing.h"
#include "runtime/container/operations.h"
#include "runtime/privilege/privilege.h"
#include "runtime/sys/poll.h"
#include "runtime/sys/time.h"

namespace crux::container {

namespace {

constexpr std::uint64_t kNanosPerMilli = 1'000'000;
/// How often to check a container whose init has died for remaining processes.
constexpr std::uint64_t kLookMs = 500;

Result<ExistingContainer> load_running(const Context& context) {
    ExistingContainer container = TRY(load(context));
    if (TRY(status_of(container)) == oci::Status::stopped)
        return fail(Error::Kind::state, cat("container with id ", context.id, " is not running"));
    return container;
}

}  // namespace

Result<cgroup::Stats> stats(const Context& context) {
    const ExistingContainer container = TRY(load_running(context));
    const cgroup::Group group = TRY(group_of(container));
    return group.stats();
}

struct Events::State {
    explicit State(cgroup::Group whole) : group(std::move(whole)) {}

    cgroup::Group group;
    std::optional<cgroup::OomWatch> watch;
    std::optional<sys::Pidfd> init;
    std::uint64_t interval_ns = 0;
    std::uint64_t due_ns = 0;
    std::uint64_t ooms = 0;  ///< not yet reported

    [[nodiscard]] int timeout_ms() const;
    Result<bool> wait();
};

/// Until the next statistics are due, or the next look at a container without init.
int Events::State::timeout_ms() const {
    const std::uint64_t now = sys::monotonic_ns();
    const std::uint64_t left = now < due_ns ? ((due_ns - now) / kNanosPerMilli) + 1 : 0;
    constexpr std::uint64_t kLongest = 60'000;
    return static_cast<int>(std::min(left, init ? kLongest : kLookMs));
}

/// Waits for anything; false when the container has ended.
Result<bool> Events::State::wait() {
    ::pollfd entries[] = {{watch->file().get(), POLLIN, 0}, {init ? init->get() : -1, POLLIN, 0}};
    TRY(sys::poll(entries, timeout_ms()).during("wait for events"));
    if (entries[0].revents != 0) ooms += TRY(watch->news());
    if (entries[1].revents != 0) init.reset();
    if (init) return true;
    // Without a pid namespace of its own, others outlive init.
    return group.populated();
}

Events::Events(std::unique_ptr<State> state) : state_(std::move(state)) {}
Events::Events(Events&&) noexcept = default;
Events::~Events() = default;

Result<Events> Events::open(const Context& context, std::int64_t interval_ms) {
    const ExistingContainer container = TRY(load_running(context));
    auto state = std::make_unique<State>(TRY(group_of(container)));
    state->init = TRY(live_init(container.record));
    state->watch = TRY(cgroup::OomWatch::open(state->group));
    state->interval_ns = static_cast<std::uint64_t>(interval_ms) * kNanosPerMilli;
    state->due_ns = sys::monotonic_ns() + state->interval_ns;
    privilege::give_up(privilege::kForReading, privilege::Rest::reading,
                       privilege::Bounding::clear);
    return Events(std::move(state));
}

Result<std::optional<Events::Event>> Events::next() {
    for (;;) {
        if (state_->ooms > 0) {
            --state_->ooms;
            return Event{.kind = Event::Kind::out_of_memory, .stats = {}};
        }
        const std::uint64_t now = sys::monotonic_ns();
        if (now >= state_->due_ns) {
            // One that comes late does not move those behind it, unless it missed some.
            state_->due_ns = std::max(state_->due_ns + state_->interval_ns, now);
            return Event{.kind = Event::Kind::stats, .stats = state_->group.stats()};
        }
        const bool lives = TRY(state_->wait());
        if (!lives && state_->ooms == 0) return std::optional<Event>();
    }
}

}  // namespace crux::container
