#pragma once

#include <systemd/sd-bus.h>

#include <string>
#include <vector>

#include "cmd/crux-systemd/message.h"

namespace crux::systemd_helper {

/// A connection with systemd, over its own socket where it lets us in (no bus is needed then, and
/// no message but the call's own), else over the bus.
class Manager {
 public:
    Manager() = default;
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;
    ~Manager();

    /// An empty text, or why there is no connection. `user`: the manager of this user.
    std::string connect(bool user);

    /// StartTransientUnit, and the wait for the job's end. A scope gets this process. A failed unit
    /// of that name is forgotten first (ResetFailedUnit). An empty text, or what went wrong.
    std::string start(const std::string& unit, const std::vector<Property>& properties);

    /// SetUnitProperties, until the unit ends. An empty text, or what went wrong.
    std::string set(const std::string& unit, const std::vector<Property>& properties);

 private:
    bool connect_privately(bool user);
    std::string start_once(const std::string& unit, const std::vector<Property>& properties,
                           bool& exists);
    void reset_failed(const std::string& unit);

    sd_bus* bus_ = nullptr;
};

}  // namespace crux::systemd_helper
