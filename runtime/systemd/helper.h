#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/hooks/spawn.h"
#include "runtime/sys/handle.h"
#include "runtime/systemd/properties.h"
#include "runtime/systemd/unit.h"

namespace crux::systemd {

/// The answer of the helper, one line: "done", or why it failed, in the words of systemd or of the
/// bus. The error names the unit; if the words name the unit or its slice, it is about cgroupsPath.
Status answer_of(std::string_view line, const Unit& unit);

/// A unit that systemd has started. The helper program keeps it alive with its own process in the
/// cgroup, because a scope without a process ends. Once a process of the container is in the
/// cgroup, the helper is not needed any more. If this object is destroyed before that, the unit
/// ends with the helper.
class HeldUnit {
 public:
    /// Runs the helper, which requests the unit from systemd and moves itself into it, and waits
    /// until systemd reports that the job is done, at most 30 s. The error names the unit and
    /// contains the message of systemd or the bus.
    static Result<HeldUnit> start(const std::string& program, const Unit& unit,
                                  std::span<const Property> properties);

    HeldUnit(HeldUnit&&) = default;
    HeldUnit& operator=(HeldUnit&&) = delete;
    HeldUnit(const HeldUnit&) = delete;
    HeldUnit& operator=(const HeldUnit&) = delete;
    ~HeldUnit() = default;

    /// The helper, which is the only process in the unit's cgroup.
    [[nodiscard]] pid_t keeper() const { return helper_.pid(); }

    /// Ends the helper and waits until it has exited.
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

/// Changes properties of a running unit until it ends (SetUnitProperties, runtime), all or none.
Status change(const std::string& program, const Unit& unit, std::span<const Property> properties);

/// Makes systemd stop the unit and unload it, and waits for this, at most 30 s; processes in the
/// unit are killed. Succeeds if the unit does not exist.
Status stop(const std::string& program, const Unit& unit);

}  // namespace crux::systemd
