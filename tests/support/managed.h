#pragma once

#include <string>

#include "tests/support/bundle.h"
#include "tests/support/command.h"
#include "tests/support/container.h"

namespace crux::test {

/// Whether systemd is pid 1.
bool systemd_runs();
/// Skips unless this process is root and systemd is pid 1.
void need_systemd();

std::string without_line_end(std::string text);

/// A sleeping container whose cgroup is a scope of the system's systemd.
struct Managed {
    Managed();
    [[nodiscard]] std::string unit() const { return "crux-" + container.id() + ".scope"; }
    /// Creates and starts it.
    void start();
    /// A property of the unit, as printed by systemctl.
    [[nodiscard]] std::string property(const std::string& name) const;
    static std::string property_of(const std::string& unit, const std::string& name);
    /// A file of the container's cgroup in the hierarchy of this controller.
    [[nodiscard]] std::string file(const std::string& controller, const std::string& name) const;
    /// exec of a script by the container's /bin/sh.
    [[nodiscard]] Outcome exec_script(const std::string& script) const;

    Bundle bundle;
    Container container;
};

/// Checks that systemd does not know the unit any more and that its cgroup is removed.
bool is_gone(const std::string& unit);

}  // namespace crux::test
