#include <filesystem>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/command.h"
#include "tests/support/facts.h"

using namespace crux::test;

namespace {

std::string net_program() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "crux-net";
}

// A process in a private network namespace; both ends of a pair are in such namespaces, because
// tests must not use the host's networks.
struct Apart {
    Process process{{"unshare", "--net", "sleep", "60"}};
    std::string pid = std::to_string(process.pid());

    Apart() {
        const auto own = std::filesystem::read_symlink("/proc/self/ns/net");
        REQUIRE(eventually([&] {
            return std::filesystem::read_symlink("/proc/" + pid + "/ns/net") != own &&
                   read_file("/proc/" + pid + "/comm") == "sleep\n";
        }));
    }
    [[nodiscard]] Outcome inside(std::vector<std::string> words) const {
        words.insert(words.begin(), {"nsenter", "--target", pid, "--net"});
        return run(words);
    }
    [[nodiscard]] Outcome net(std::vector<std::string> words) const {
        words.insert(words.begin(), net_program());
        return inside(words);
    }
    [[nodiscard]] bool reaches(const std::string& address) const {
        return inside({"busybox", "ping", "-c", "2", "-W", "2", address}).ok();
    }
};

// veth0 (198.51.100.1) in one, eth0 (198.51.100.2) in the other.
Outcome join(const Apart& here, const Apart& there) {
    return here.net({"veth", "--host", "veth0", "--host-address", "198.51.100.1/30", "--peer",
                     "eth0", "--peer-address", "198.51.100.2/30", "--pid", there.pid});
}

void need_veth() {
    need_root();
    if (!std::filesystem::exists("/bin/busybox")) skip("needs busybox (Debian: busybox-static)");
    const Apart here;
    const Apart there;
    if (join(here, there).err.find("operation not supported") != std::string::npos)
        skip("needs a kernel with veth");
}

}  // namespace

TEST_CASE("both ends of a veth pair answer each other") {
    need_veth();
    const Apart here;
    const Apart there;
    const Outcome made = join(here, there);
    INFO(made.describe());
    REQUIRE(made.ok());
    CHECK(here.reaches("198.51.100.2"));
    CHECK(there.reaches("198.51.100.1"));
}

TEST_CASE("a veth pair that cannot be configured leaves nothing") {
    need_veth();
    const Apart here;
    const Apart there;
    // The same address twice: the second is refused, after the pair was made.
    const Outcome made =
        here.net({"veth", "--host", "veth0", "--peer", "eth0", "--peer-address", "198.51.100.2/30",
                  "--peer-address", "198.51.100.2/30", "--pid", there.pid});
    CHECK(made.status == 1);
    CHECK(made.err == "crux-net: add address to eth0: rtnetlink: file exists\n");
    CHECK_FALSE(here.inside({"busybox", "ip", "link", "show", "dev", "veth0"}).ok());
}

TEST_CASE("a device moves with its addresses and is set up under its new name") {
    need_veth();
    const Apart here;
    const Apart first;
    const Apart second;
    REQUIRE(join(here, first).ok());
    const Outcome moved =
        first.net({"move", "--host", "eth0", "--peer", "net%d", "--pid", second.pid});
    INFO(moved.describe());
    REQUIRE(moved.ok());
    const Outcome there = second.inside({"busybox", "ip", "addr", "show", "dev", "net0"});
    CHECK_THAT(there.out, Catch::Contains("inet 198.51.100.2/30") && Catch::Contains(",UP,"));
    CHECK(here.reaches("198.51.100.2"));
}

TEST_CASE("crux-net refuses invalid arguments") {
    const std::pair<std::vector<std::string>, std::string> cases[] = {
        {{}, "a command is required"},
        {{"bridge"}, "bridge: unknown command"},
        {{"veth", "--host"}, "--host: requires a value"},
        {{"veth", "--host", "a", "--peer", "b"}, "one of --pid and --namespace is required"},
        {{"veth", "--peer", "b", "--pid", "1"}, "--host is required"},
        {{"veth", "--host", "a", "--peer", "b", "--pid", "x"}, "--pid \"x\": must be a process ID"},
        {{"move", "--host", "a", "--namespace", "/none"}, "/none: open: no such file or directory"},
    };
    for (const auto& [words, message] : cases) {
        std::vector<std::string> command = {net_program()};
        command.insert(command.end(), words.begin(), words.end());
        const Outcome outcome = run(command);
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, Catch::StartsWith("crux-net: " + message + "\n"));
    }
}
