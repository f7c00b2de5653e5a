#include <csignal>
#include <filesystem>
#include <set>
#include <sstream>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/command.h"
#include "tests/support/facts.h"
#include "tests/support/host_snapshot.h"

using namespace crux::test;

namespace {

const std::string kScript = std::string(CRUX_SOURCES) + "/run-container.sh";

CommandOptions options(std::chrono::milliseconds timeout) {
    // The directory of the demonstration contains our tag through TMPDIR, so that a snapshot
    // includes it.
    return {.timeout = timeout,
            .env = {{"CRUX", crux_program()}, {"TMPDIR", work_folder()}, {"LC_ALL", "C"}}};
}

/// The claims that failed, each with the lines of its container.
std::string not_as_claimed(const std::string& shown) {
    std::string found;
    std::istringstream lines(shown);
    int wanted = 0;
    for (std::string line; std::getline(lines, line);) {
        constexpr int kClaimAndLog = 6;
        if (line.find("not as claimed:") != std::string::npos) wanted = kClaimAndLog;
        if (wanted-- > 0) found += line + '\n';
    }
    return found;
}

std::set<std::string> entries_of(const std::string& folder) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.insert(entry.path().filename());
    return names;
}

void need_busybox() {
    need_root();
    if (!std::filesystem::exists("/bin/busybox")) skip("needs busybox (Debian: busybox-static)");
}

}  // namespace

TEST_CASE("the demonstration shows what it claims, in plain text, and leaves nothing") {
    need_busybox();
    const auto files = entries_of(work_folder());
    const HostSnapshot before = HostSnapshot::take();
    const Outcome outcome = run({kScript}, options(90s));
    CHECK(not_as_claimed(outcome.out) == "");
    INFO(outcome.describe());
    CHECK(outcome.ok());
    CHECK_THAT(outcome.out, Catch::Contains(" 0 not as claimed\n"));
    CHECK(outcome.out.find('\x1b') == std::string::npos);
    for (const char* part : {"1. Eight namespaces", "2. Cgroups", "3. Network", "4. Seccomp",
                             "5. Mounts and pivot_root", "6. chroot", "7. Capabilities"})
        CHECK_THAT(outcome.out, Catch::Contains(part));
    CHECK(left_behind_since(before) == "");
    CHECK(entries_of(work_folder()) == files);
}

TEST_CASE("the demonstration leaves nothing when it is interrupted") {
    need_busybox();
    const int signal_number = GENERATE(SIGINT, SIGTERM);
    const auto files = entries_of(work_folder());
    const HostSnapshot before = HostSnapshot::take();
    Process script({kScript}, options(60s));
    // In the middle of a container's work, while the bandwidth is measured.
    REQUIRE(
        eventually([&] { return script.out().find("by bandwidth") != std::string::npos; }, 30s));
    script.signal(signal_number);
    const Outcome outcome = script.wait(15s);
    INFO(outcome.describe());
    CHECK_FALSE(outcome.timed_out);
    CHECK(outcome.status == 128 + signal_number);
    CHECK(left_behind_since(before) == "");
    CHECK(entries_of(work_folder()) == files);
}

TEST_CASE("the demonstration explains its plan and runs nothing") {
    need_root();
    const Outcome outcome = run({kScript, "--explain"}, options(20s));
    INFO(outcome.describe());
    REQUIRE(outcome.ok());
    CHECK_THAT(outcome.out, Catch::Contains("/linux/seccomp") && Catch::Contains("execve(2)"));
}
