#include "runtime/cgroup/group.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/facts.h"

using namespace crux;
using namespace crux::cgroup;
namespace fs = std::filesystem;

namespace {

/// Directories that look like hierarchies, below a temporary one. They have only the files that a
/// test writes: a real cgroupfs makes its files itself, and crux never does.
class FakeHost {
 public:
    FakeHost() {
        std::string name = "/tmp/crux-test-cgroup-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        top_ = name;
    }
    ~FakeHost() { fs::remove_all(top_); }
    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;

    /// A hierarchy with a directory for the container "/box/x".
    CgroupDir dir(const std::string& name, std::vector<std::string> controllers, int version = 1) {
        fs::create_directories(top_ / name);
        return {.mountpoint = top_ / name,
                .path = "/box/x",
                .controllers = std::move(controllers),
                .version = version};
    }

    void write(const std::string& file, std::string_view text) const {
        fs::create_directories((top_ / file).parent_path());
        std::ofstream(top_ / file) << text;
    }
    [[nodiscard]] std::string read(const std::string& file) const {
        std::ostringstream text;
        text << std::ifstream(top_ / file).rdbuf();
        return text.str();
    }
    [[nodiscard]] bool has(const std::string& name) const { return fs::exists(top_ / name); }
    [[nodiscard]] std::string path(const std::string& name) const { return top_ / name; }

 private:
    fs::path top_;
};

Setting setting(std::uint32_t dir, std::string file, std::string value) {
    return {.dir = dir, .file = std::move(file), .value = std::move(value), .origin = "/here"};
}

Group open_group(std::vector<CgroupDir> dirs) {
    auto group = Group::open(std::move(dirs));
    REQUIRE(group);
    return std::move(*group);
}

std::string failure(const Status& status) {
    return status ? "none" : status.error().message();
}

}  // namespace

TEST_CASE("a new cgroup has a directory in each hierarchy, and leaves none behind") {
    FakeHost host;
    std::vector<CgroupDir> dirs = {host.dir("memory", {"memory"}), host.dir("pids", {"pids"}),
                                   host.dir("unified", {}, 2)};
    auto group = Group::create(dirs, {});
    REQUIRE(group);
    CHECK(host.has("memory/box/x"));
    CHECK(host.has("pids/box/x"));
    CHECK(host.has("unified/box/x"));
    CHECK(group->made_ancestors() == std::vector<std::string>{host.path("memory/box"),
                                                              host.path("pids/box"),
                                                              host.path("unified/box")});
    auto unified = group->unified();
    REQUIRE(unified);
    CHECK(unified->get() >= 0);
    CHECK(group->remove());
    CHECK(!host.has("memory/box/x"));
    CHECK(host.has("memory/box"));
    CHECK(group->remove(group->made_ancestors()));
    CHECK(!host.has("memory/box"));
    CHECK(!host.has("unified/box"));
}

TEST_CASE("ancestors that others use stay") {
    FakeHost host;
    fs::create_directories(host.path("memory/box"));
    auto group = Group::create({host.dir("memory", {"memory"})}, {});
    REQUIRE(group);
    CHECK(group->made_ancestors().empty());
    CHECK(group->remove(group->made_ancestors()));
    CHECK(host.has("memory/box"));

    auto first = Group::create({host.dir("pids", {"pids"})}, {});
    REQUIRE(first);
    fs::create_directories(host.path("pids/box/other"));
    CHECK(first->remove(first->made_ancestors()));
    CHECK(!host.has("pids/box/x"));
    CHECK(host.has("pids/box/other"));
}

TEST_CASE("ancestors that are missing are known before they are made") {
    FakeHost host;
    CgroupDir memory = host.dir("memory", {"memory"});
    CgroupDir pids = host.dir("pids", {"pids"});
    memory.path = "/box/a/b/x";
    pids.path = "/x";
    fs::create_directories(host.path("memory/box"));
    std::vector<CgroupDir> dirs = {memory, pids};
    std::vector<std::string> missing = Group::missing_ancestors(dirs).value();
    CHECK(missing ==
          std::vector<std::string>{host.path("memory/box/a"), host.path("memory/box/a/b")});
    auto group = Group::create(dirs, {});
    REQUIRE(group);
    CHECK(group->made_ancestors() == missing);
    CHECK(Group::missing_ancestors(dirs)->empty());
}

TEST_CASE("destroy removes an empty cgroup, one with others below, and a missing one") {
    FakeHost host;
    auto group = Group::create({host.dir("memory", {"memory"}), host.dir("u", {}, 2)}, {});
    REQUIRE(group);
    fs::create_directories(host.path("u/box/x/inner"));
    CHECK(failure(group->destroy(group->made_ancestors(), 100)) == "none");
    CHECK(!host.has("memory/box"));
    CHECK(!host.has("u/box"));
    CHECK(failure(group->destroy(group->made_ancestors(), 100)) == "none");
}

TEST_CASE("a cgroup that cannot be made everywhere is made nowhere") {
    FakeHost host;
    std::vector<CgroupDir> dirs = {host.dir("memory", {"memory"}), host.dir("pids", {"pids"})};
    host.write("pids/box", "in the way");
    auto group = Group::create(dirs, {});
    REQUIRE(!group);
    CHECK(group.error().message() ==
          cat("create cgroup ", host.path("pids/box/x"), ": mkdir: not a directory"));
    CHECK(!host.has("memory/box"));
}

TEST_CASE("an empty cgroup is used, and one with processes is refused") {
    FakeHost host;
    std::vector<CgroupDir> dirs = {host.dir("memory", {"memory"}),
                                   host.dir("freezer", {"freezer"})};
    host.write("memory/box/x/cgroup.procs", "");
    host.write("freezer/box/x/cgroup.procs", "");
    host.write("freezer/box/x/freezer.state", "THAWED\n");
    CHECK(Group::create(dirs, {}));

    host.write("memory/box/x/cgroup.procs", "17\n");
    host.write("memory/box/x/inner/cgroup.procs", "17\n18\n19\n");
    auto full = Group::create(dirs, {});
    REQUIRE(!full);
    CHECK(full.error().kind() == Error::Kind::state);
    CHECK(full.error().message() == "container's cgroup is not empty: 3 process(es) found");
    CHECK(host.has("memory/box/x"));

    host.write("memory/box/x/cgroup.procs", "");
    host.write("memory/box/x/inner/cgroup.procs", "");
    host.write("freezer/box/x/freezer.state", "FROZEN\n");
    host.write("freezer/box/x/freezer.self_freezing", "1\n");
    auto frozen = Group::create(dirs, {});
    REQUIRE(!frozen);
    CHECK(frozen.error().message() == "container's cgroup unexpectedly frozen");
}

TEST_CASE("an empty cpuset gets the parent's processors and nodes, unless the limits say them") {
    FakeHost host;
    CgroupDir dir = host.dir("cpuset", {"cpuset"});
    host.write("cpuset/cpuset.cpus", "0-7\n");
    host.write("cpuset/cpuset.mems", "0-1\n");
    for (const char* directory : {"cpuset/box/", "cpuset/box/x/"})
        for (const char* file : {"cpuset.cpus", "cpuset.mems", "cgroup.procs"})
            host.write(cat(directory, file), "");
    Limits limits;
    limits.settings = {setting(0, "cpuset.mems", "1")};
    auto group = Group::create({dir}, limits);
    REQUIRE(group);
    CHECK(host.read("cpuset/box/cpuset.cpus") == "0-7");
    CHECK(host.read("cpuset/box/cpuset.mems") == "");
    CHECK(host.read("cpuset/box/x/cpuset.cpus") == "0-7");
    CHECK(host.read("cpuset/box/x/cpuset.mems") == "");
    std::vector<Warning> warnings;
    CHECK(group->apply(limits, warnings));
    CHECK(host.read("cpuset/box/x/cpuset.mems") == "1");

    host.write("cpuset/box/x/cpuset.cpus", "3\n");
    CHECK(Group::create({dir}, limits));
    CHECK(host.read("cpuset/box/x/cpuset.cpus") == "3\n");
}

TEST_CASE("settings are written to their files, and a failure names the file and the pointer") {
    FakeHost host;
    std::vector<CgroupDir> dirs = {host.dir("memory", {"memory"}), host.dir("pids", {"pids"})};
    host.write("memory/box/x/memory.limit_in_bytes", "");
    host.write("pids/box/x/pids.max", "");
    Group group = open_group(dirs);
    Limits limits;
    limits.settings = {setting(0, "memory.limit_in_bytes", "1048576"), setting(1, "pids.max", "7")};
    std::vector<Warning> warnings;
    CHECK(group.apply(limits, warnings));
    CHECK(host.read("memory/box/x/memory.limit_in_bytes") == "1048576");
    CHECK(host.read("pids/box/x/pids.max") == "7");

    limits.settings = {setting(0, "memory.swappiness", "1")};
    CHECK(failure(group.apply(limits, warnings)) ==
          cat("set ", host.path("memory/box/x/memory.swappiness"),
              " to \"1\": open: no such file or directory (config.json: /here)"));
    CHECK(!host.has("memory/box/x/memory.swappiness"));
    CHECK(warnings.empty());
}

TEST_CASE("lines for one file are written one after another through one open file") {
    FakeHost host;
    host.write("devices/box/x/devices.allow", "");
    Group group = open_group({host.dir("devices", {"devices"})});
    Limits limits;
    limits.settings = {setting(0, "devices.allow", "c 1:3 rwm\n"),
                       setting(0, "devices.allow", "c 1:5 rwm\n")};
    std::vector<Warning> warnings;
    CHECK(group.apply(limits, warnings));
    CHECK(host.read("devices/box/x/devices.allow") == "c 1:3 rwm\nc 1:5 rwm\n");
}

TEST_CASE("a missing file is skipped, a warning, or replaced by another file") {
    FakeHost host;
    host.write("blkio/box/x/blkio.bfq.weight", "");
    Group group = open_group({host.dir("blkio", {"blkio"})});
    Setting first = setting(0, "blkio.weight", "500");
    first.when_absent = WhenAbsent::fallback;
    Setting second = setting(0, "blkio.bfq.weight", "501");
    Setting skipped = setting(0, "skipped", "1");
    skipped.when_absent = WhenAbsent::skip;
    Setting warned = setting(0, "warned", "1");
    warned.when_absent = WhenAbsent::warn;
    Setting failed = setting(0, "failed", "1");
    failed.on_failure = OnFailure::warn;
    Limits limits;
    limits.settings = {first, second, skipped, warned, failed};
    std::vector<Warning> warnings;
    CHECK(failure(group.apply(limits, warnings)) == "none");
    CHECK(host.read("blkio/box/x/blkio.bfq.weight") == "501");
    CHECK(warnings ==
          std::vector<Warning>{{"/here", "ignored: this kernel does not support warned"},
                               {"/here", cat("set ", host.path("blkio/box/x/failed"),
                                             " to \"1\": open: no such file or directory")}});

    host.write("blkio/box/x/blkio.weight", "");
    host.write("blkio/box/x/blkio.bfq.weight", "");
    limits.settings = {first, second};
    CHECK(group.apply(limits, warnings));
    CHECK(host.read("blkio/box/x/blkio.weight") == "500");
    CHECK(host.read("blkio/box/x/blkio.bfq.weight") == "");

    fs::remove(host.path("blkio/box/x/blkio.weight"));
    fs::remove(host.path("blkio/box/x/blkio.bfq.weight"));
    CHECK(failure(group.apply(limits, warnings)) ==
          cat("set ", host.path("blkio/box/x/blkio.bfq.weight"),
              " to \"501\": open: no such file or directory (config.json: /here)"));
}

TEST_CASE("limits at or below the usage are refused where they are checked") {
    FakeHost host;
    host.write("u/box/x/memory.current", "4096\n");
    Group group = open_group({host.dir("u", {"memory"}, 2)});
    auto outcome = [&](std::uint64_t limit, std::uint64_t sum) {
        Limits limits;
        limits.memory_check = MemoryCheck{.limit = limit, .memory_and_swap = sum};
        std::vector<Warning> warnings;
        return failure(group.apply(limits, warnings));
    };
    CHECK(outcome(4097, 0) == "none");
    CHECK(outcome(4096, 0) == "rejecting memory limit 4096 <= usage 4096");
    CHECK(outcome(5000, 100) == "rejecting memory+swap limit 100 <= usage 4096");
    fs::remove(host.path("u/box/x/memory.current"));
    CHECK(outcome(1, 0) == "none");
}

TEST_CASE("controllers are enabled from the top of the unified hierarchy down") {
    FakeHost host;
    CgroupDir dir = host.dir("u", {"cpu", "memory"}, 2);
    host.write("u/cgroup.subtree_control", "");
    host.write("u/box/cgroup.subtree_control", "");
    host.write("u/box/x/cgroup.procs", "");
    host.write("u/box/x/cgroup.freeze", "0\n");
    host.write("u/box/x/cgroup.type", "domain\n");
    host.write("u/box/x/cgroup.controllers", "\n");
    CHECK(Group::create({dir}, {}));
    CHECK(host.read("u/cgroup.subtree_control") == "+cpu +memory");
    CHECK(host.read("u/box/cgroup.subtree_control") == "+cpu +memory");
    host.write("u/box/x/cgroup.controllers", "memory\n");

    Limits limits;
    limits.settings = {setting(0, "memory.max", "1"), setting(0, "cgroup.max.depth", "1")};
    CHECK(Group::create({dir}, limits));

    limits.settings = {setting(0, "cpu.weight", "1")};
    auto lacking = Group::create({dir}, limits);
    REQUIRE(!lacking);
    CHECK(lacking.error().message() == cat("controller cpu is not in ", host.path("u/box/x"),
                                           "/cgroup.controllers (config.json: /here)"));

    fs::remove(host.path("u/box/cgroup.subtree_control"));
    auto refused = Group::create({dir}, limits);
    REQUIRE(!refused);
    CHECK(refused.error().message() ==
          cat("enable controller cpu in ", host.path("u/box"),
              "/cgroup.subtree_control: open: no such file or directory (config.json: /here)"));
}

TEST_CASE("controllers that are already enabled are not touched") {
    FakeHost host;
    CgroupDir dir = host.dir("u", {"cpu", "memory"}, 2);
    host.write("u/cgroup.subtree_control", "before");
    host.write("u/box/x/cgroup.procs", "");
    host.write("u/box/x/cgroup.freeze", "0\n");
    host.write("u/box/x/cgroup.controllers", "cpu io memory pids\n");
    CHECK(Group::create({dir}, {}));
    CHECK(host.read("u/cgroup.subtree_control") == "before");
}

TEST_CASE("a cgroup below a threaded one takes threads' controllers only") {
    FakeHost host;
    CgroupDir dir = host.dir("u", {"cpu", "memory"}, 2);
    host.write("u/cgroup.subtree_control", "");
    host.write("u/box/cgroup.subtree_control", "");
    host.write("u/box/x/cgroup.procs", "");
    host.write("u/box/x/cgroup.freeze", "0\n");
    host.write("u/box/x/cgroup.type", "domain invalid\n");
    host.write("u/box/x/cgroup.controllers", "cpu\n");
    Limits limits;
    limits.settings = {setting(0, "memory.max", "1")};
    auto refused = Group::create({dir}, limits);
    REQUIRE(!refused);
    CHECK(refused.error().message() ==
          cat("cannot use controller memory in ", host.path("u/box/x"),
              ": the cgroup is below a threaded cgroup (config.json: /here)"));
    limits.settings = {setting(0, "cpu.weight", "1")};
    CHECK(Group::create({dir}, limits));
    CHECK(host.read("u/box/x/cgroup.type").starts_with("threaded"));
}

TEST_CASE("a hybrid host's unified hierarchy enables only the requested controllers") {
    FakeHost host;
    std::vector<CgroupDir> dirs = {host.dir("memory", {"memory"}),
                                   host.dir("unified", {"hugetlb", "misc"}, 2)};
    host.write("memory/box/x/cgroup.procs", "");
    host.write("unified/cgroup.subtree_control", "");
    host.write("unified/box/cgroup.subtree_control", "");
    host.write("unified/box/x/cgroup.procs", "");
    host.write("unified/box/x/cgroup.freeze", "0\n");
    host.write("unified/box/x/cgroup.controllers", "hugetlb\n");
    CHECK(Group::create(dirs, {}));
    CHECK(host.read("unified/cgroup.subtree_control") == "");
    Limits limits;
    limits.settings = {setting(0, "memory.limit_in_bytes", "1"), setting(1, "misc.max", "1")};
    CHECK(!Group::create(dirs, limits));
    CHECK(host.read("unified/cgroup.subtree_control") == "+misc");
}

TEST_CASE("processes are counted in the whole tree, without those that have no number here") {
    FakeHost host;
    Group group = open_group({host.dir("devices", {"devices"}), host.dir("u", {}, 2)});
    host.write("devices/box/x/cgroup.procs", "5\n3\n0\n");
    host.write("devices/box/x/a/b/cgroup.procs", "7\n");
    host.write("devices/box/x/a/cgroup.procs", "");
    host.write("u/box/x/cgroup.procs", "3\n9\n");
    auto pids = group.processes();
    REQUIRE(pids);
    CHECK(*pids == std::vector<pid_t>{3, 5, 7, 9});
    auto populated = group.populated();
    REQUIRE(populated);
    CHECK(*populated);
    fs::remove_all(host.path("devices/box"));
    fs::remove_all(host.path("u/box"));
    pids = group.processes();
    REQUIRE(pids);
    CHECK(pids->empty());
}

TEST_CASE("a long list of processes is read to its end") {
    FakeHost host;
    Group group = open_group({host.dir("pids", {"pids"})});
    std::string lines;
    for (int pid = 1; pid <= 5000; ++pid) lines += cat(pid, "\n");
    host.write("pids/box/x/cgroup.procs", lines);
    auto pids = group.processes();
    REQUIRE(pids);
    CHECK(pids->size() == 5000);
    CHECK(pids->back() == 5000);
}

TEST_CASE("a lone unified cgroup knows itself whether it is populated") {
    FakeHost host;
    Group group = open_group({host.dir("u", {}, 2)});
    host.write("u/box/x/cgroup.events", "populated 1\nfrozen 0\n");
    auto populated = group.populated();
    REQUIRE(populated);
    CHECK(*populated);
    host.write("u/box/x/cgroup.events", "populated 0\nfrozen 0\n");
    populated = group.populated();
    REQUIRE(populated);
    CHECK(!*populated);
    fs::remove_all(host.path("u/box"));
    populated = group.populated();
    REQUIRE(populated);
    CHECK(!*populated);
}

TEST_CASE("the freezer's state is the container's own, not an ancestor's") {
    FakeHost host;
    Group v1 = open_group({host.dir("freezer", {"freezer"})});
    Group v2 = open_group({host.dir("u", {}, 2)});
    auto state = [](const Group& group) {
        auto answer = group.freezer_state();
        REQUIRE(answer);
        return *answer;
    };
    CHECK(state(v1) == FreezerState::none);
    CHECK(state(v2) == FreezerState::none);
    struct {
        const char* state;
        const char* self;
        FreezerState meaning;
    } const old[] = {{"THAWED\n", "0\n", FreezerState::thawed},
                     {"FREEZING\n", "1\n", FreezerState::freezing},
                     {"FROZEN\n", "1\n", FreezerState::frozen},
                     {"FROZEN\n", "0\n", FreezerState::thawed}};
    for (const auto& row : old) {
        host.write("freezer/box/x/freezer.state", row.state);
        host.write("freezer/box/x/freezer.self_freezing", row.self);
        INFO(row.state << row.self);
        CHECK(state(v1) == row.meaning);
    }
    struct {
        const char* freeze;
        const char* events;
        FreezerState meaning;
    } const unified[] = {{"0\n", "populated 1\nfrozen 0\n", FreezerState::thawed},
                         {"0\n", "populated 1\nfrozen 1\n", FreezerState::thawed},
                         {"1\n", "populated 1\nfrozen 0\n", FreezerState::freezing},
                         {"1\n", "populated 1\nfrozen 1\n", FreezerState::frozen}};
    for (const auto& row : unified) {
        host.write("u/box/x/cgroup.freeze", row.freeze);
        host.write("u/box/x/cgroup.events", row.events);
        INFO(row.freeze << row.events);
        CHECK(state(v2) == row.meaning);
    }
}

TEST_CASE("an incomplete freeze is undone") {
    FakeHost host;
    Group group = open_group({host.dir("u", {}, 2)});
    host.write("u/box/x/cgroup.freeze", "0");
    host.write("u/box/x/cgroup.events", "populated 1\nfrozen 0\n");
    CHECK(failure(group.freeze(20)) == "unable to freeze within 20 ms");
    CHECK(host.read("u/box/x/cgroup.freeze") == "0");
    host.write("u/box/x/cgroup.events", "populated 1\nfrozen 1\n");
    CHECK(failure(group.freeze(20)) == "none");
    CHECK(host.read("u/box/x/cgroup.freeze") == "1");
    CHECK(failure(group.thaw()) == "none");
    CHECK(host.read("u/box/x/cgroup.freeze") == "0");
    fs::remove_all(host.path("u/box"));
    CHECK(failure(group.thaw()) == "none");
    CHECK(!group.freeze(20));
}

TEST_CASE("killing no process is success, also when the cgroup is gone") {
    FakeHost host;
    Group group = open_group({host.dir("u", {}, 2)});
    CHECK(failure(group.kill_all(20)) == "none");
    host.write("u/box/x/cgroup.kill", "");
    host.write("u/box/x/cgroup.procs", "");
    CHECK(failure(group.kill_all(20)) == "none");
    CHECK(host.read("u/box/x/cgroup.kill") == "1");
}

TEST_CASE("out-of-memory kills are read from the file of each version") {
    FakeHost host;
    Group v1 = open_group({host.dir("memory", {"memory"})});
    Group v2 = open_group({host.dir("u", {"memory"}, 2)});
    auto kills = [](const Group& group) {
        auto count = group.oom_kills();
        REQUIRE(count);
        return *count;
    };
    CHECK(kills(v1) == 0);
    CHECK(kills(v2) == 0);
    host.write("memory/box/x/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
    host.write("u/box/x/memory.events",
               "low 0\nhigh 0\nmax 21\noom 5\noom_kill 2\noom_group_kill 9\n");
    CHECK(kills(v1) == 3);
    CHECK(kills(v2) == 2);
    CHECK(kills(open_group({host.dir("pids", {"pids"})})) == 0);
}

TEST_CASE("deep and wide cgroups that a container has made are removed") {
    FakeHost host;
    auto group = Group::create({host.dir("u", {}, 2)}, {});
    REQUIRE(group);
    std::string deep = host.path("u/box/x");
    for (int level = 0; level < 100; ++level) {
        deep += "/d";
        REQUIRE(::mkdir(deep.c_str(), 0755) == 0);
    }
    for (int i = 0; i < 50; ++i) fs::create_directories(host.path(cat("u/box/x/w", i, "/y")));
    CHECK(failure(group->remove()) == "none");
    CHECK(!host.has("u/box/x"));
    CHECK(failure(group->remove()) == "none");
}

TEST_CASE("a directory that cannot be removed is named, and does not keep the others") {
    FakeHost host;
    auto group = Group::create({host.dir("memory", {"memory"}), host.dir("pids", {"pids"})}, {});
    REQUIRE(group);
    // In a real hierarchy a file never prevents rmdir; here it takes the role of a busy process.
    host.write("pids/box/x/file", "");
    CHECK(failure(group->remove()) ==
          cat("remove cgroup ", host.path("pids/box/x"), ": rmdir: device or resource busy"));
    CHECK(host.has("pids/box/x"));
    CHECK(!host.has("memory/box/x"));
}

TEST_CASE("only the directory and the delegated files are owned by the user") {
    test::need_root();
    FakeHost host;
    auto owner_of = [&](const std::string& name) {
        struct ::stat info = {};
        REQUIRE(::stat(host.path(name).c_str(), &info) == 0);
        return info.st_uid;
    };
    for (const char* file : {"cgroup.procs", "cgroup.threads", "memory.max"})
        host.write(cat("u/box/x/", file), "");
    Group group = open_group({host.dir("u", {"memory"}, 2)});
    CHECK(failure(group.give_to(1234)) == "none");
    CHECK(owner_of("u/box/x") == 1234);
    CHECK(owner_of("u/box/x/cgroup.procs") == 1234);
    CHECK(owner_of("u/box/x/cgroup.threads") == 1234);
    CHECK(owner_of("u/box/x/memory.max") == 0);
    CHECK(owner_of("u/box") == 0);

    host.write("memory/box/x/cgroup.procs", "");
    Group old = open_group({host.dir("memory", {"memory"})});
    CHECK(failure(old.give_to(1234)) == "none");
    CHECK(owner_of("memory/box/x") == 0);

    host.write("unified/box/x/cgroup.procs", "");
    Group hybrid = open_group({host.dir("memory", {"memory"}), host.dir("unified", {}, 2)});
    CHECK(failure(hybrid.give_to(1234)) == "none");
    CHECK(owner_of("memory/box/x") == 0);
    CHECK(owner_of("unified/box/x") == 0);
}
