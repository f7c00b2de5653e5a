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

/// The content of a valid journal.
Journal::Content read(const std::string& text) {
    auto content = parse_journal(text);
    INFO(text);
    REQUIRE(content);
    return std::move(*content);
}

void check_refused(const std::string& text, int line) {
    INFO(text);
    const auto content = parse_journal(text);
    REQUIRE_FALSE(content);
    CHECK(content.error().message() == "journal: line " + std::to_string(line) + " is invalid");
}

TEST_CASE("a journal is read back as written, whatever characters the paths contain") {
    const std::vector<cgroup::CgroupDir> places = {
        place(1, "/sys/fs/cgroup/cpu", "/a b/c\\d", {"cpu", "cpuacct"}),
        place(2, "/sys/fs/cgroup/unified", "/line\nfeed", {}),
    };
    const std::string lines = journal_lines(places, {"/sys/fs/cgroup/cpu/a b"});
    const Journal::Content content = read(lines);
    CHECK(content.cgroup == places);
    CHECK(content.ancestors == std::vector<std::string>{"/sys/fs/cgroup/cpu/a b"});
    CHECK_FALSE(content.cgroup_is_ours);
    CHECK(read(lines + "ours\n").cgroup_is_ours);
}

TEST_CASE("an incomplete last line of a journal is ignored") {
    const std::string lines =
        journal_lines({place(1, "/m", "/p", {"cpu"}), place(1, "/n", "/q", {"pids"})}, {"/m/a"}) +
        "ours\n";
    for (std::size_t length = 0; length < lines.size(); ++length) {
        const Journal::Content content = read(lines.substr(0, length));
        INFO(length);
        CHECK_FALSE(content.cgroup_is_ours);
        for (const cgroup::CgroupDir& entry : content.cgroup) CHECK(entry.controllers.size() == 1);
        for (const std::string& ancestor : content.ancestors) CHECK(ancestor == "/m/a");
    }
    CHECK(read(lines).cgroup_is_ours);
}

TEST_CASE("a journal with any other line than crux writes is refused") {
    for (const char* wrong : {"",
                              "nonsense 1 2 3 4",
                              "cgroup",
                              "cgroup 1 /m",
                              "cgroup 1 /m /p cpu more",
                              "cgroup 3 /m /p cpu",
                              "cgroup 01 /m /p cpu",
                              "cgroup 1 m /p cpu",
                              "cgroup 1 /m p cpu",
                              "cgroup 1 /m/../etc /p cpu",
                              "cgroup 1 /m /. cpu",
                              "cgroup 1 /m //p cpu",
                              "cgroup 1 /m/ /p cpu",
                              "cgroup 1 / /p cpu",
                              "cgroup 1 /\\999 /p cpu",
                              "cgroup 1 /m\\ /p cpu",
                              "cgroup 1 /m\\057 /p cpu",
                              "cgroup 1 /m /p cpu,,pids",
                              "cgroup 1 /m /p ../x",
                              "ancestor",
                              "ancestor m",
                              "ancestor /m/..",
                              "ancestor /m more",
                              "directory",
                              "directory m",
                              "directory /m/./n",
                              "ours more"}) {
        check_refused(std::string(wrong) + "\n", 1);
        check_refused("ours\n" + std::string(wrong) + "\nours\n", 2);
    }
    check_refused(std::string("ancestor /m\0/n\n", 15), 1);
    check_refused("ancestor /" + std::string(5000, 'a') + "\n", 1);
    std::string many;
    for (int i = 0; i < 128; ++i) many += "cgroup 1 /m /p cpu\n";
    CHECK(parse_journal(many));
    check_refused(many + "cgroup 1 /m /p cpu\n", 129);
}

TEST_CASE("a journal records the systemd unit and its manager") {
    for (const Journal::SystemdUnit& unit : {Journal::SystemdUnit{"crux-a.scope", false},
                                             Journal::SystemdUnit{"b\\x20c d.scope", true}}) {
        const std::string line = journal_line(unit);
        CHECK(read(line).unit == unit);
        CHECK_FALSE(read(line.substr(0, line.size() - 1)).unit);
        check_refused(line + line, 2);
    }
    for (const char* wrong :
         {"unit\n", "unit a.scope\n", "unit a.scope nobody\n", "unit a.scope user more\n",
          "unit a b user\n", "unit  user\n", "unit a/b user\n", "unit a\\012b user\n"})
        check_refused(wrong, 1);
}

TEST_CASE("a journal records the mount of the container's root") {
    const Journal::Mount mount = {1234, "/a b/line\nfeed"};
    const std::string line = journal_line(mount);
    CHECK(read(line).mount == mount);
    CHECK_FALSE(read(line.substr(0, line.size() - 1)).mount);
    check_refused(line + line, 2);
    for (const char* wrong : {"mount\n", "mount 1\n", "mount x /a\n", "mount -1 /a\n",
                              "mount 1 /a more\n", "mount 1 a\n", "mount 1 /a/..\n"})
        check_refused(wrong, 1);
}

}  // namespace
}  // namespace crux::launch
