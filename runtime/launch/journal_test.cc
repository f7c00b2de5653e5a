#include "runtime/launch/journal.h"

#include "tests/support/catch.h"

namespace crux::launch {
namespace {

cgroup::CgroupDir place(unsigned version, const std::string& mountpoint, const std::string& path,
                        const std::vector<std::string>& controllers) {
    cgroup::CgroupDir made;
    made.version = version;
    made.mountpoint = mountpoint;
    made.path = path;
    made.controllers = controllers;
    return made;
}

TEST_CASE("a journal is read back as written, whatever characters the paths contain") {
    const std::vector<cgroup::CgroupDir> places = {
        place(1, "/sys/fs/cgroup/cpu", "/a b/c\\d", {"cpu", "cpuacct"}),
        place(2, "/sys/fs/cgroup/unified", "/line\nfeed", {}),
    };
    const std::string lines = journal_lines(places, {"/sys/fs/cgroup/cpu/a b"});
    const Journal::Content content = parse_journal(lines);
    REQUIRE(content.cgroup.size() == places.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
        CHECK(content.cgroup[i].version == places[i].version);
        CHECK(content.cgroup[i].mountpoint == places[i].mountpoint);
        CHECK(content.cgroup[i].path == places[i].path);
        CHECK(content.cgroup[i].controllers == places[i].controllers);
    }
    CHECK(content.ancestors == std::vector<std::string>{"/sys/fs/cgroup/cpu/a b"});
    CHECK_FALSE(content.cgroup_is_ours);
    CHECK(parse_journal(lines + "ours\n").cgroup_is_ours);
}

TEST_CASE("an incomplete last line of a journal is ignored") {
    const std::string lines =
        journal_lines({place(1, "/m", "/p", {"cpu"}), place(1, "/n", "/q", {"pids"})}, {"/m/a"}) +
        "ours\n";
    for (std::size_t length = 0; length < lines.size(); ++length) {
        const Journal::Content content = parse_journal(lines.substr(0, length));
        INFO(length);
        CHECK_FALSE(content.cgroup_is_ours);
        for (const cgroup::CgroupDir& entry : content.cgroup) CHECK(entry.controllers.size() == 1);
        for (const std::string& ancestor : content.ancestors) CHECK(ancestor == "/m/a");
    }
    CHECK(parse_journal(lines).cgroup_is_ours);
}

TEST_CASE("invalid lines of a journal are ignored") {
    CHECK(parse_journal("cgroup\n\ncgroup 1 /m\nancestor\nnonsense 1 2 3 4\n").cgroup.empty());
    CHECK(parse_journal("cgroup 1 /m /p cpu more\n").cgroup.empty());
    CHECK(parse_journal("cgroup 1 \\999 \\ cpu\n").cgroup.size() == 1);
}

TEST_CASE("a journal records the systemd unit and its manager") {
    for (const Journal::SystemdUnit& unit : {Journal::SystemdUnit{"crux-a.scope", false},
                                             Journal::SystemdUnit{"b\\x20c d.scope", true}}) {
        const std::string line = journal_line(unit);
        CHECK(parse_journal(line).unit == unit);
        CHECK_FALSE(parse_journal(line.substr(0, line.size() - 1)).unit);
    }
    for (const char* wrong : {"unit\n", "unit a.scope\n", "unit a.scope nobody\n",
                              "unit a.scope user more\n", "unit a b user\n"})
        CHECK_FALSE(parse_journal(wrong).unit);
}

TEST_CASE("a journal records the mount of the container's root") {
    const Journal::Mount mount = {1234, "/a b/line\nfeed"};
    const std::string line = journal_line(mount);
    CHECK(parse_journal(line).mount == mount);
    CHECK_FALSE(parse_journal(line.substr(0, line.size() - 1)).mount);
    for (const char* wrong :
         {"mount\n", "mount 1\n", "mount x /a\n", "mount -1 /a\n", "mount 1 /a more\n"})
        CHECK_FALSE(parse_journal(wrong).mount);
}

}  // namespace
}  // namespace crux::launch
