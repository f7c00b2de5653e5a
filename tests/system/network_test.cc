#include <filesystem>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
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

/// What `ip` shows of the device, without its number, its name and what the kernel makes anew.
std::string shown(const Apart& where, const std::string& name) {
    std::string out;
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"ip", "-d", "address", "show", "dev", name}, {"ip", "link", "show", "dev", name}}) {
        const Outcome outcome = where.inside(words);
        INFO(outcome.describe());
        REQUIRE(outcome.ok());
        for (std::string line : lines_of(outcome.out)) {
            // The number and the name; the state of the link; the address that IPv6 makes.
            if (line.find(": <") != std::string::npos) line = line.substr(line.find(" mtu "));
            if (line.find(" state ") != std::string::npos) line.resize(line.find(" state "));
            if (line.find("scope link") != std::string::npos &&
                line.find("inet6") != std::string::npos)
                continue;
            for (std::size_t at = line.find(name); at != std::string::npos; at = line.find(name))
                line.replace(at, name.size(), "DEVICE");
            out += line + '\n';
        }
    }
    return out;
}

TEST_CASE("a device that moves keeps all that ip shows of it") {
    need_veth();
    if (!std::filesystem::exists("/sbin/ip") && !std::filesystem::exists("/bin/ip"))
        skip("needs ip (Debian: iproute2)");
    const Apart here;
    const Apart first;
    const Apart second;
    REQUIRE(join(here, first).ok());
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"link", "set", "dev", "eth0", "mtu", "1400"},
             {"link", "set", "dev", "eth0", "alias", "to the house"},
             {"address", "add", "192.0.2.7/24", "broadcast", "192.0.2.255", "dev", "eth0", "label",
              "eth0:one"},
             {"address", "add", "203.0.113.1", "peer", "203.0.113.2/32", "dev", "eth0"},
             {"address", "add", "192.0.2.130/25", "dev", "eth0", "scope", "link", "noprefixroute",
              "metric", "77"},
             {"-6", "address", "add", "2001:db8::7/64", "dev", "eth0", "nodad", "noprefixroute"}}) {
        std::vector<std::string> all = {"ip"};
        all.insert(all.end(), words.begin(), words.end());
        const Outcome outcome = first.inside(all);
        INFO(outcome.describe());
        REQUIRE(outcome.ok());
    }
    const std::string before = shown(first, "eth0");
    CHECK_THAT(before, Catch::Contains("brd 192.0.2.255") && Catch::Contains("DEVICE:one") &&
                           Catch::Contains("peer 203.0.113.2/32") && Catch::Contains("metric 77") &&
                           Catch::Contains("nodad") && Catch::Contains("mtu 1400"));
    const Outcome moved =
        first.net({"move", "--host", "eth0", "--peer", "inside", "--pid", second.pid});
    INFO(moved.describe());
    REQUIRE(moved.ok());
    CHECK(shown(second, "inside") == before);
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
