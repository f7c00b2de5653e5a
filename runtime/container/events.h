#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "runtime/cgroup/stats.h"
#include "runtime/container/operations.h"

namespace crux::container {

/// What a container has used so far. "container with id ID is not running" for one that stopped.
Result<cgroup::Stats> stats(const StateRoot& place, std::string_view id);

/// What happens to a container, one after another.
class Events {
 public:
    struct Event {
        enum class Kind : std::uint8_t {
            stats,          ///< the interval is over: `stats` says what is used
            out_of_memory,  ///< the kernel ran out of the container's memory
        };
        Kind kind = Kind::stats;
        cgroup::Stats stats;
    };

    /// Starts to watch a container that is created, running or paused; with `interval_ms`, at least
    /// 1, between two looks at what it uses.
    static Result<Events> open(const StateRoot& place, std::string_view id,
                               std::int64_t interval_ms);
    Events(Events&&) noexcept;
    Events& operator=(Events&&) = delete;
    ~Events();

    /// Waits for the next event; nothing when the container has ended.
    Result<std::optional<Event>> next();

 private:
    struct State;
    explicit Events(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace crux::container
