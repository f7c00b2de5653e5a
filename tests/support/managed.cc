#include "tests/support/managed.h"

#include <filesystem>

#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {

bool systemd_runs() {
    return std::filesystem::exists("/run/systemd/system") &&
           read_file("/proc/1/comm") == "systemd\n";
}

void need_systemd() {
    need_root();
    if (!systemd_runs()) skip("needs systemd as pid 1");
}

std::string without_line_end(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

Managed::Managed() : container(bundle) {
    bundle.args({"/bin/sleep", "1000"});
    container.global_options = {"--log", "/dev/null", "--systemd-cgroup"};
}

void Managed::start() {
    must(container.create());
    must(container.start());
}

std::string Managed::property(const std::string& name) const {
    return property_of(unit(), name);
}

std::string Managed::property_of(const std::string& unit, const std::string& name) {
    return without_line_end(run({"systemctl", "show", "--value", "-p", name, unit}).out);
}

std::string Managed::file(const std::string& controller, const std::string& name) const {
    return without_line_end(read_file(*cgroup_of(container.pid(), controller) + '/' + name));
}

Outcome Managed::exec_script(const std::string& script) const {
    return container.crux({"exec", container.id(), "/bin/sh", "-c", script});
}

bool is_gone(const std::string& unit) {
    return Managed::property_of(unit, "ActiveState") == "inactive" &&
           Managed::property_of(unit, "LoadState") == "not-found" &&
           Managed::property_of(unit, "ControlGroup").empty();
}

}  // namespace crux::test
