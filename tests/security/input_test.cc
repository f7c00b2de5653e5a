// Strings that are too long, or have a meaning to the next reader. The numbers are those of the
// attacks in docs/security.md.

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/security/canary.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Place {
    const char* pointer;
    bool any_length;  ///< a long one may be valid
};

const std::vector<Place> kTexts = {
    {"/mounts/0/destination", false},
    {"/mounts/1/source", true},
    {"/mounts/0/type", false},
    {"/mounts/0/options/0", false},
    {"/linux/namespaces/0/path", false},
    {"/linux/cgroupsPath", false},
    {"/hostname", false},
    {"/domainname", false},
    {"/process/cwd", false},
    {"/process/args/0", false},
    {"/process/env/0", true},
    {"/root/path", false},
    {"/linux/maskedPaths/0", true},
    {"/linux/readonlyPaths/0", true},
    {"/linux/rootfsPropagation", false},
    {"/linux/sysctl/net.ipv4.ip_forward", false},
    {"/annotations/a", true},
};

TEST_CASE("9: a text with a NUL is refused, and a long one is whole or refused") {
    need_root();
    const Unchanged host;
    constexpr std::size_t kLong = 70'000;
    for (const Place& place : kTexts)
        for (const bool nul : {true, false}) {
            INFO(place.pointer << (nul ? " with a NUL" : " of 70000 bytes"));
            Bundle bundle;
            std::string text = nul ? std::string("/tmp\0/x", 7) : "/" + std::string(kLong, 'a');
            bundle.set(place.pointer, text);
            Container container(bundle);
            container.global_options = bare_errors();
            const Outcome outcome = container.create();
            if (place.any_length && !nul) {
                CHECK_FALSE(outcome.timed_out);
                CHECK(outcome.signal == 0);
            } else {
                check_refused(outcome);
            }
        }
}

TEST_CASE("9: sixteen-bit lengths have nothing to do with us") {
    need_root();
    const Unchanged host;
    for (const std::size_t length : {65'535UL, 65'536UL, 65'537UL, 100'000UL}) {
        INFO(length);
        Bundle bundle;
        const std::string value(length, 'v');
        bundle.config()["process"]["env"].push_back("LONG=" + value);
        bundle.script("echo ${#LONG}");
        Container container(bundle);
        container.global_options = bare_errors();
        CHECK(container.run().out == std::to_string(length) + "\n");
    }
}

TEST_CASE("12: a path that leaves its place is refused") {
    need_root();
    const Unchanged host;
    const Canary canary;
    const std::vector<std::pair<const char*, json>> wrong = {
        {"/linux/cgroupsPath", "/a/../../b"},
        {"/linux/cgroupsPath", "../escape"},
        {"/linux/cgroupsPath", ".."},
        {"/linux/intelRdt", {{"closID", ".."}}},
        {"/linux/intelRdt", {{"closID", "a/b"}}},
        {"/linux/intelRdt", {{"closID", "."}}},
        {"/linux/resources/unified", {{"../../x", "1"}}},
        {"/linux/resources/unified", {{"a/b", "1"}}},
        {"/linux/resources/unified", {{"cgroup.procs", "1"}}},
        {"/linux/sysctl", {{"kernel/../vm/swappiness", "1"}}},
        {"/linux/sysctl", {{"net.ipv4..ip_forward", "1"}}},
        {"/linux/sysctl", {{"net/../../kernel/core_pattern", "x"}}},
        {"/linux/sysctl", {{"kernel.core_pattern", "x"}}},
        {"/linux/resources/hugepageLimits", json::array({{{"pageSize", "../2MB"}, {"limit", 1}}})},
    };
    for (const auto& [pointer, value] : wrong) {
        INFO(pointer << " " << value.dump());
        Bundle bundle;
        bundle.set(pointer, value);
        Container container(bundle);
        container.global_options = bare_errors();
        check_refused(container.create());
    }
}

TEST_CASE("12: exec enters no cgroup outside the container's own") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper sleeper(bundle);
    for (const char* path : {"..", "../..", "/..", "a/../..", "memory:..", "memory:/../..", "./..",
                             "nonsense:/", "memory,pids:../x"}) {
        INFO(path);
        const Outcome outcome = sleeper.exec({"--cgroup", path}, {"/bin/true"});
        INFO(outcome.describe());
        CHECK_FALSE(outcome.ok());
        CHECK(lines_of(outcome.err).size() == 1);
    }
}

TEST_CASE("12: an id is one plain name") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    for (const std::string id : {"..", ".", "a/b", "../../x", "/x", "a b", "a\nb", "", "\x01"}) {
        INFO('"' << id << '"');
        Container container(bundle, id.empty() ? "/" : id);
        container.global_options = bare_errors();
        const Outcome outcome = container.crux({"create", "--bundle", bundle.path(), id});
        CHECK_FALSE(outcome.ok());
        CHECK_FALSE(container.crux({"delete", "--force", id}).ok());
    }
}

TEST_CASE("24: an annotation makes no property of a systemd unit that runs programs") {
    need_root();
    const Unchanged host;
    const Canary canary;
    for (const std::string name : {"ExecStartPre", "ExecStopPost", "ExecStart"}) {
        Bundle bundle;
        bundle.set("/annotations",
                   {{"org.systemd.property." + name,
                     "[('/bin/touch', ['touch', '" + canary.path() + "/new'], false)]"}});
        for (const bool systemd : {false, true}) {
            INFO(name << (systemd ? " with systemd" : ""));
            Container container(bundle);
            container.global_options = bare_errors();
            if (systemd) {
                container.global_options.emplace_back("--systemd-cgroup");
                bundle.set("/linux/cgroupsPath", "system.slice:crux:" + container.id());
            }
            const Outcome outcome = container.create();
            INFO(outcome.describe());
            CHECK_FALSE(outcome.timed_out);
            if (!outcome.ok()) check_refused(outcome);
        }
    }
    const Outcome features = run({crux_program(), "features"});
    REQUIRE(features.ok());
    const json listed =
        json::parse(features.out).value("potentiallyUnsafeConfigAnnotations", json());
    INFO(listed.dump());
    CHECK_THAT(listed.dump(), Catch::Contains("org.systemd.property."));
}

TEST_CASE("25: a process that only has init's number is not the container's") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"});
    const Process bystander({"/bin/sleep", "1000"});
    for (const char* kept : {"start time", "nothing", "no descriptor"}) {
        INFO(kept);
        Container container(bundle);
        container.global_options = bare_errors();
        must(container.create());
        must(container.start());
        const pid_t init = container.pid();
        const std::string file = container.state_folder() + "/state.json";
        json state = json::parse(read_file(file));
        REQUIRE(state.at("init_process_pid") == init);
        // As after a wrap of the pids: another process with the same number and another start time.
        json other = state;
        other["init_process_pid"] = bystander.pid();
        if (std::string(kept) == "nothing") other["init_process_start"] = 1;
        // A kernel before 6.9 has no inode for each process.
        if (std::string(kept) == "no descriptor") other["crux"]["pidfd_inode"] = 0;
        write_file(file, other.dump(), 0600);
        CHECK(container.state().at("status") == "stopped");
        refused_with(container.kill("KILL"), "container not running");
        refused_with(container.crux({"exec", container.id(), "/bin/true"}),
                     "cannot exec in a stopped container", 255);
        CHECK_FALSE(bystander.ended());
        must(container.remove());
        CHECK_FALSE(bystander.ended());
        kill(init, SIGKILL);
        (void)exit_of(init);
    }
}

}  // namespace
}  // namespace crux::test
