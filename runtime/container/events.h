#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/cgroup/stats.h"
#include "runtime/container/context.h"

namespace crux::container {

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
    static Result<Events> open(const Context& context, std::int64_t interval_ms);
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
