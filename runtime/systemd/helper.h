#pragma once

#include <optional>
#include <span>
#include <string>

#include "runtime/base/error.h"
#include "runtime/hooks/spawn.h"
#include "runtime/sys/handle.h"
#include "runtime/systemd/properties.h"
#include "runtime/systemd/unit.h"

namespace crux::systemd {

/// A unit that systemd has started, kept alive by the helper program in its cgroup: a scope without
/// a process ends. Once a process of the container is in there the helper is not needed any more.
/// Dropped without one, the unit is gone with the helper.
class HeldUnit {
 public:
    /// Runs the helper, which asks systemd for the unit and puts itself into it, and waits for
    /// systemd's own word that it is done, at most 30 s. The error names the unit and says what
    /// systemd or the bus answered.
    static Result<HeldUnit> start(const std::string& program, const Unit& unit,
                                  std::span<const Property> properties);

    HeldUnit(HeldUnit&&) = default;
    HeldUnit& operator=(HeldUnit&&) = delete;
    HeldUnit(const HeldUnit&) = delete;
    HeldUnit& operator=(const HeldUnit&) = delete;
    ~HeldUnit() = default;

    /// The helper, which is the one process in the unit's cgroup.
    [[nodiscard]] pid_t keeper() const { return helper_.pid(); }

    /// Lets the helper go and waits for its end.
    Status release();

 private:
    friend Status change(const std::string& program, const Unit& unit,
                         std::span<const Property> properties);
    friend Status stop(const std::string& program, const Unit& unit);
    HeldUnit(hooks::Running helper, sys::SocketFd control)
        : helper_(std::move(helper)), control_(std::move(control)) {}
    static Result<HeldUnit> call(const std::string& program, const char* verb, const Unit& unit,
                                 std::span<const Property> properties);

    hooks::Running helper_;
    sys::SocketFd control_;
};

/// Gives a running unit other properties until it ends (SetUnitProperties, runtime), all or none.
Status change(const std::string& program, const Unit& unit, std::span<const Property> properties);

/// Has systemd stop the unit and forget it, and waits for that, at most 30 s: what is in it is
/// killed. One that is not there is success.
Status stop(const std::string& program, const Unit& unit);

}  // namespace crux::systemd
