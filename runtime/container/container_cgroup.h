#pragma once

#include <optional>

#include "runtime/cgroup/group.h"
#include "runtime/container/context.h"
#include "runtime/container/prepare.h"
#include "runtime/launch/journal.h"
#include "runtime/systemd/helper.h"

namespace crux::container {

/// The cgroup of a container that is being created, made by crux or by systemd (--systemd-cgroup).
/// It does not remove what it made: the journal says what to remove.
class ContainerCgroup {
 public:
    /// Writes to the journal what is about to be made, makes it and sets the limits. Does nothing
    /// where the plan has no cgroup.
    Status make(launch::Journal& journal, const Prepared& prepared, const Context& context);
    /// A process of the container is in the cgroup and keeps systemd's unit alive from now on: the
    /// helper leaves, and the limits are set that had no room for it.
    Status release_helper();
    /// Whether systemd has started a unit for the container.
    [[nodiscard]] bool has_unit() const { return unit_.has_value(); }
    /// The cgroup; null where the container has none.
    [[nodiscard]] cgroup::Group* group() { return group_ ? &*group_ : nullptr; }

 private:
    /// A unit of systemd with the helper process that keeps it alive.
    struct Unit {
        systemd::Unit unit;
        systemd::HeldUnit helper;
        cgroup::Limits tight;  ///< set only when the helper has left the cgroup
    };
    Status make_any(launch::Journal& journal, const Prepared& prepared, const Context& context);
    Status start_unit(launch::Journal& journal, const Prepared& prepared, const Context& context);

    std::optional<Unit> unit_;
    cgroup::Limits limits_;  ///< to be set while the helper is in the cgroup
    std::optional<cgroup::Group> group_;
};

}  // namespace crux::container
