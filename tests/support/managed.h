#pragma once

#include <string>

#include "tests/support/bundle.h"
#include "tests/support/command.h"
#include "tests/support/container.h"

namespace crux::test {

/// Whether systemd is pid 1 here.
bool systemd_runs();
/// Skips unless we are root and systemd is pid 1.
void need_systemd();

std::string without_line_end(std::string text);

/// A container whose cgroup is a scope of the machine's systemd. It sleeps.
struct Managed {
    Managed();
    [[nodiscard]] std::string unit() const { return "crux-" + container.id() + ".scope"; }
    /// Creates and starts it.
    void start();
    /// A property of the unit, in systemctl's words.
    [[nodiscard]] std::string property(const std::string& name) const;
    static std::string property_of(const std::string& unit, const std::string& name);
    /// A file of the container's cgroup, where this controller is.
    [[nodiscard]] std::string file(const std::string& controller, const std::string& name) const;
    /// exec of a script by the container's /bin/sh.
    [[nodiscard]] Outcome exec_script(const std::string& script) const;

    Bundle bundle;
    Container container;
};

/// Nothing of the unit is left: systemd knows none of that name, and there is no cgroup of it.
bool is_gone(const std::string& unit);

}  // namespace crux::test
