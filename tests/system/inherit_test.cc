// What a program has from the process that called crux: everything that execve(2) keeps is decided,
// and docs/contract.md has the table.

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using Attributes = std::map<std::string, std::string>;

/// What the program keeps of its caller.
const std::vector<std::string> kKept = {
    "umask",         "nice",        "policy",        "memory-policy", "io-priority",
    "timer-slack",   "thp-disable", "memory-merge",  "personality",   "coredump-filter",
    "oom-score-adj", "THP_enabled", "rlimit-nofile", "rlimit-core"};

Attributes attributes(const std::string& text) {
    Attributes out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t space = line.find(' ');
        if (space != std::string::npos) out[line.substr(0, space)] = line.substr(space + 1);
    }
    return out;
}

std::string probe() {
    return fs::path(crux_program()).parent_path() / "crux-test-inherit";
}

/// A caller that has set everything.
std::vector<std::string> loaded() {
    return {probe(), "set"};
}

const std::vector<std::string> kShow = {"/inherit", "show"};

/// A bundle whose program prints what it has, without limits of its own.
struct ShowingBundle : Bundle {
    ShowingBundle() {
        fs::copy_file(probe(), rootfs() + "/inherit");
        args(kShow).remove("/process/rlimits").remove("/process/oomScoreAdj");
        // The peers of Debian 12 do not know a later one.
        set("/ociVersion", "1.0.2");
    }
};

/// What a program has, run by this one and by this caller.
Attributes shown_by_run(const std::string& program, const std::vector<std::string>& prefix) {
    ShowingBundle bundle;
    Container container(bundle);
    container.program = program;
    container.prefix = prefix;
    const Outcome outcome = container.run();
    INFO(outcome.describe());
    CHECK(outcome.ok());
    return attributes(outcome.out);
}

Attributes shown_by_create(const std::string& program, const std::vector<std::string>& prefix) {
    ShowingBundle bundle;
    Container container(bundle);
    container.program = program;
    container.prefix = prefix;
    must(container.create());
    must(container.start());
    CHECK(container.reaches("stopped"));
    return attributes(container.out());
}

Attributes shown_by_exec(const std::string& program, const std::vector<std::string>& prefix) {
    ShowingBundle bundle;
    bundle.args({"/bin/sleep", "1000"});
    Container container(bundle);
    container.program = program;
    must(container.create());
    must(container.start());
    container.prefix = prefix;
    const Outcome outcome = container.crux({"exec", container.id(), kShow[0], kShow[1]});
    INFO(outcome.describe());
    CHECK(outcome.ok());
    return attributes(outcome.out);
}

using Shown = Attributes (*)(const std::string&, const std::vector<std::string>&);
const struct {
    const char* name;
    Shown shown;
} kWays[] = {{"run", shown_by_run}, {"create", shown_by_create}, {"exec", shown_by_exec}};

bool is_kept(const std::string& name) {
    return std::ranges::find(kKept, name) != kKept.end();
}

TEST_CASE("a program has of its caller what the contract says, and nothing else") {
    need_root();
    const Unchanged host;
    std::vector<std::string> words = loaded();
    words.insert(words.end(), {probe(), "show"});
    const Attributes plain = attributes(run({probe(), "show"}).out);
    const Attributes caller = attributes(run(words).out);
    REQUIRE(plain.size() > 40);
    for (const auto& way : kWays) {
        INFO(way.name);
        const Attributes without = way.shown("", {});
        const Attributes with = way.shown("", loaded());
        REQUIRE(without.size() == plain.size());
        for (const auto& [name, value] : with) {
            INFO(name);
            if (is_kept(name))
                CHECK(value == caller.at(name));
            else if (name != "session-keyring")
                CHECK(value == without.at(name));
        }
        CHECK(with.at("SigIgn") == "0000000000000000");
        CHECK(with.at("SigBlk") == "0000000000000000");
        CHECK(with.at("SigCgt") == "0000000000000000");
        CHECK(with.at("dumpable") == "1");
        CHECK(with.at("securebits") == "0");
        CHECK(with.at("subreaper") == "0");
        CHECK(with.at("parent-death-signal") == "0");
        CHECK(with.at("alternate-stack") == "0");
        CHECK(with.at("controlling-terminal") == "0");
        CHECK(with.at("descriptors") == "0 1 2");
        CHECK(with.at("session-keyring") != caller.at("session-keyring"));
    }
}

/// Where a peer differs from crux, with the reason.
const struct {
    const char* peer;
    const char* way;
    const char* name;
    const char* reason;
} kDifferences[] = {
    {"runc", "", "umask",
     "0022 where config.json says nothing; the specification keeps the caller's"},
    {"crun", "", "umask",
     "0022 where config.json says nothing; the specification keeps the caller's"},
    {"runc", "", "SigBlk", "runc 1.1 keeps what the caller blocks"},
    {"runc", "", "affinity",
     "runc before 1.2 keeps the caller's, also on other CPUs of the cpuset"},
    {"crun", "exec", "NoNewPrivs", "crun 1.8 takes it from its own flag only"},
    {"crun", "exec", "session-leader", "crun begins a session only with a terminal"},
    {"crun", "exec", "group-leader", "crun begins a session only with a terminal"},
    {"runc", "", "rlimit-nofile", "runc 1.1 raises its own soft limit and passes it on"},
};

void compare_with(const std::string& peer) {
    need_root();
    if (peer == "crun" && cgroup_mode() == CgroupMode::hybrid)
        skip("crun does not work with hybrid cgroups");
    const std::string program = fs::path("/usr/sbin") / peer;
    const std::string other = fs::path("/usr/bin") / peer;
    if (!fs::exists(program) && !fs::exists(other)) skip("needs " + peer);
    const std::string path = fs::exists(program) ? program : other;
    const Unchanged host;
    for (const auto& way : kWays) {
        INFO(way.name);
        const Attributes ours = way.shown("", loaded());
        const Attributes theirs = way.shown(path, loaded());
        for (const auto& [name, value] : ours) {
            INFO(name);
            const bool is_known = std::ranges::any_of(kDifferences, [&](const auto& each) {
                return each.peer == peer && each.name == name &&
                       (*each.way == 0 || each.way == std::string(way.name));
            });
            if (!is_known && name != "session-keyring") CHECK(value == theirs.at(name));
        }
    }
}

TEST_CASE("a program has of its caller what it has under runc, but for the known differences") {
    compare_with("runc");
}

TEST_CASE("a program has of its caller what it has under crun, but for the known differences") {
    compare_with("crun");
}

}  // namespace
}  // namespace crux::test
