// linux.netDevices: devices are moved into the container's network namespace.

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/runs.h"

namespace crux::test {
namespace {

using nlohmann::json;

/// Runs the rest of a test case in a private network namespace, without the machine's devices.
/// Every further process of the test is in it; it ends with the test.
class OwnNetwork {
 public:
    OwnNetwork() : before_(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) {
        if (unshare(CLONE_NEWNET) != 0) skip("needs CAP_SYS_ADMIN");
        if (!run({"ip", "link", "set", "lo", "up"}).ok()) skip("needs ip (iproute2)");
        if (!run({"ip", "link", "add", "probe0", "type", "veth", "peer", "name", "probe1"}).ok())
            skip("needs a kernel with veth");
        must(run({"ip", "link", "del", "probe0"}));
    }
    ~OwnNetwork() {
        (void)setns(before_, CLONE_NEWNET);
        close(before_);
    }
    OwnNetwork(const OwnNetwork&) = delete;
    OwnNetwork& operator=(const OwnNetwork&) = delete;

    static void veth(const std::string& name) {
        must(run({"ip", "link", "add", name, "type", "veth", "peer", "name", name + "-far"}));
    }

 private:
    int before_;
};

bool here(const std::string& device) {
    return run({"ip", "link", "show", device}).ok();
}

TEST_CASE("netDevices move in under their new names, with their global addresses, and up") {
    need_root();
    const Unchanged host;
    const OwnNetwork network;
    OwnNetwork::veth("one");
    OwnNetwork::veth("two");
    must(run({"ip", "address", "add", "192.0.2.7/24", "dev", "one"}));
    must(run({"ip", "address", "add", "2001:db8::7/64", "dev", "one", "nodad"}));
    Bundle bundle;
    bundle.set("/linux/netDevices", {{"one", {{"name", "eth0"}}}, {"two", json::object()}})
        .script(
            "ip -o address show dev eth0 | awk '{print $3, $4}' | grep -v fe80;"
            "ip -o link show | sed 's/@[^:]*//' | awk '{print $2}' | sort;"
            "ip link show eth0 | grep -c '[<,]UP[,>]'; ip link show two | grep -c '[<,]UP[,>]'");
    CHECK(output_of(bundle) == "inet 192.0.2.7/24\ninet6 2001:db8::7/64\neth0:\nlo:\ntwo:\n1\n1\n");
    CHECK_FALSE(here("one"));
    CHECK_FALSE(here("two"));
}

TEST_CASE("a pattern gives a moved device the next free number") {
    need_root();
    const Unchanged host;
    const OwnNetwork network;
    OwnNetwork::veth("one");
    OwnNetwork::veth("two");
    Bundle bundle;
    bundle.set("/linux/netDevices", {{"one", {{"name", "net%d"}}}, {"two", {{"name", "net%d"}}}})
        .script("ip link show net0 > /dev/null && ip link show net1 > /dev/null && echo both");
    CHECK(output_of(bundle) == "both\n");
}

TEST_CASE("a device that is missing, or whose name is taken, fails create and moves none") {
    need_root();
    const Unchanged host;
    const OwnNetwork network;
    OwnNetwork::veth("one");
    OwnNetwork::veth("two");
    Bundle bundle;
    bundle.set("/linux/netDevices", {{"one", {{"name", "eth0"}}}, {"two", {{"name", "lo"}}}});
    create_refused(bundle,
                   "network device two: device name lo in the target network namespace: rtnetlink: "
                   "file exists");
    bundle.set("/linux/netDevices", {{"one", {{"name", "eth0"}}}, {"nosuch", json::object()}});
    create_refused(bundle, "network device nosuch: nosuch: rtnetlink: no such device");
    create_refused(bundle, "(config.json: /linux/netDevices/nosuch)");
    CHECK(here("one"));
    CHECK(here("two"));
}

TEST_CASE("netDevices need a network namespace of the container") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/netDevices", {{"one", json::object()}}).without_name_space("network");
    create_refused(bundle, "unable to move network devices without a NET namespace");
}

TEST_CASE("netDevices move into a network namespace that is joined, and stay there") {
    need_root();
    const Unchanged host;
    const OwnNetwork network;
    OwnNetwork::veth("one");
    Process holder({"unshare", "-n", "sleep", "30"});
    const std::string other = "/proc/" + std::to_string(holder.pid()) + "/ns/net";
    REQUIRE(eventually([&] { return link_of(other) != link_of("/proc/self/ns/net"); }));
    Bundle bundle;
    bundle.name_space("network", other)
        .set("/linux/netDevices", {{"one", {{"name", "eth0"}}}})
        .script("ip link show eth0 > /dev/null && echo there");
    CHECK(output_of(bundle) == "there\n");
    // Not moved back at the end.
    CHECK_FALSE(here("one"));
    CHECK(run({"nsenter", "--net=" + other, "ip", "link", "show", "eth0"}).ok());
}

}  // namespace
}  // namespace crux::test
