// The calls of crux to systemd, their number, and the result if systemd refuses or does not
// respond.

#include <unistd.h>

#include <filesystem>
#include <future>

#include "tests/support/bus_relay.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"
#include "tests/support/managed.h"
#include "tests/support/terminal.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;

/// Words before a command that make this socket systemd's own for it.
std::vector<std::string> with_socket(const std::string& path) {
    return {"unshare",
            "--mount",
            "sh",
            "-c",
            "mount --bind " + path + " /run/systemd/private && exec \"$@\"",
            "sh"};
}

TEST_CASE("systemd gets one call at create, update and delete, and none between") {
    need_systemd();
    const Unchanged host;
    using Counts = BusRelay::Counts;
    constexpr Counts kNothing;
    constexpr Counts kOneRoundTrip = {.connections = 1, .calls = 1, .answers = 1};
    BusRelay relay(work_folder() + "/relay", "/run/systemd/private");
    Managed managed;
    managed.container.prefix = with_socket(relay.path());
    must(managed.container.create());
    CHECK(relay.counts() == kOneRoundTrip);
    must(managed.container.start());
    CHECK(managed.container.status() == "running");
    must(managed.exec_script("true"));
    must(managed.container.pause());
    must(managed.container.resume());
    CHECK(managed.container.crux({"ps", "--format", "json", managed.container.id()}).ok());
    CHECK(managed.container.crux({"events", "--stats", managed.container.id()}).ok());
    CHECK(relay.counts() == kNothing);
    must(managed.container.crux({"update", "--pids-limit", "50", managed.container.id()}));
    CHECK(relay.counts() == kOneRoundTrip);
    must(managed.container.kill());
    CHECK(managed.container.reaches("stopped"));
    CHECK(relay.counts() == kNothing);
    must(managed.container.remove());
    // StopUnit, and ResetFailedUnit if systemd still knows the unit.
    const Counts removed = relay.counts();
    CHECK(removed.connections == 1);
    CHECK(removed.calls <= 2);
    CHECK(is_gone(managed.unit()));
}

TEST_CASE("a systemd that does not respond is an error after 30 s, and nothing is left") {
    need_root();
    const Unchanged host;
    const HandOver silent(work_folder() + "/silent");
    Managed first;
    CommandOptions options{.timeout = 60s};
    if (systemd_runs())
        first.container.prefix = with_socket(silent.path());
    else
        options.env["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=" + silent.path();
    auto waiting =
        std::async(std::launch::async, [&] { return first.container.create({}, options); });
    const auto check = [](const Managed& managed, const Outcome& outcome) {
        refused_with(outcome, "systemd unit " + managed.unit() +
                                  ": the system's systemd did not reply within 30 s: check it "
                                  "with systemctl status");
        CHECK(outcome.elapsed > 25s);
        CHECK(outcome.elapsed < 45s);
        CHECK_FALSE(fs::exists(managed.container.state_folder()));
    };
    if (systemd_runs()) {
        // Only the authentication and Hello are received.
        BusRelay relay(work_folder() + "/relay", "/run/systemd/private");
        relay.fall_silent();
        Managed second;
        second.container.prefix = with_socket(relay.path());
        check(second, second.container.create({}, options));
        CHECK(relay.counts().calls == 1);
        CHECK(is_gone(second.unit()));
    }
    check(first, waiting.get());
}

TEST_CASE("without systemd a container with --systemd-cgroup is refused, and nothing is left") {
    need_root();
    if (systemd_runs()) skip("needs a host without systemd");
    const Unchanged host;
    Managed managed;
    refused_with(managed.container.create(),
                 "systemd unit " + managed.unit() + ": cannot connect to the system's systemd");
    CHECK_FALSE(fs::exists(managed.container.state_folder()));
}

TEST_CASE("names that systemd refuses are errors with their pointer, and nothing is left") {
    need_systemd();
    const Unchanged host;
    const std::string slice = "cruxtest" + std::to_string(::getpid()) + ".slice";
    must(run({"systemctl", "mask", "--runtime", "--quiet", slice}));
    const struct {
        std::string path;
        std::string words;
    } rows[] = {
        {"system.slice:a:" + our_tag() + "@", "a-" + our_tag() + "@.scope"},
        {"system.slice::@" + our_tag(), "@" + our_tag() + ".scope"},
        {"a@b.slice:crux:" + our_tag(), "a@b.slice"},
        {slice + ":crux:" + our_tag(), slice},
    };
    for (const auto& row : rows) {
        INFO(row.path);
        Managed managed;
        managed.bundle.set("/linux/cgroupsPath", row.path);
        const Outcome outcome = managed.container.create();
        refused_with(outcome, row.words);
        refused_with(outcome, "(config.json: /linux/cgroupsPath)");
        CHECK_FALSE(fs::exists(managed.container.state_folder()));
    }
    must(run({"systemctl", "unmask", "--runtime", "--quiet", slice}));
}

}  // namespace
}  // namespace crux::test
