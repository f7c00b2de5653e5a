#include "runtime/network/link.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "tests/support/catch.h"
#include "tests/support/facts.h"

namespace crux::network {
namespace {

/// A message under construction.
class Message {
 public:
    Message(std::uint16_t type, std::uint32_t sequence) {
        mnl_nlmsg_put_header(bytes_.data());
        get().nlmsg_type = type;
        get().nlmsg_seq = sequence;
        get().nlmsg_pid = static_cast<std::uint32_t>(::getpid());
        get().nlmsg_flags = NLM_F_MULTI;
    }
    template <class Header>
    Header& family() {
        return *static_cast<Header*>(mnl_nlmsg_put_extra_header(&get(), sizeof(Header)));
    }
    nlmsghdr& get() { return *reinterpret_cast<nlmsghdr*>(bytes_.data()); }

 private:
    alignas(8) std::array<char, 512> bytes_{};
};

Message link_message(const char* name, std::uint32_t sequence = 1) {
    Message message(RTM_NEWLINK, sequence);
    message.family<ifinfomsg>().ifi_index = 4242;
    mnl_attr_put_strz(&message.get(), IFLA_IFNAME, name);
    return message;
}

/// The length from which on a message is complete: the padding at its end says nothing.
std::uint32_t complete(Message& message) {
    return message.get().nlmsg_len - MNL_ALIGNTO + 1;
}

TEST_CASE("a device is read from a complete message only") {
    Message whole = link_message("veth123");
    const auto link = read_link(whole.get());
    REQUIRE(link.has_value());
    CHECK(link->index == 4242);
    CHECK(link->name == "veth123");
    for (std::uint32_t length = sizeof(nlmsghdr); length < complete(whole); ++length) {
        INFO(length);
        Message cut = link_message("veth123");
        cut.get().nlmsg_len = length;
        CHECK_FALSE(read_link(cut.get()).has_value());
    }
    CHECK_FALSE(read_link(link_message("").get()).has_value());
    CHECK_FALSE(read_link(link_message("a-name-of-16-byt").get()).has_value());
    Message other = link_message("veth123");
    other.get().nlmsg_type = RTM_DELLINK;
    CHECK_FALSE(read_link(other.get()).has_value());
}

TEST_CASE("a device name without a final NUL is not read beyond its attribute") {
    Message message(RTM_NEWLINK, 1);
    message.family<ifinfomsg>();
    mnl_attr_put(&message.get(), IFLA_IFNAME, 4, "veth");
    CHECK_FALSE(read_link(message.get()).has_value());
}

TEST_CASE("an address is read from a complete message only") {
    const auto made = [](std::uint8_t prefix, std::size_t size) {
        Message message(RTM_NEWADDR, 1);
        auto& header = message.family<ifaddrmsg>();
        header.ifa_family = AF_INET;
        header.ifa_prefixlen = prefix;
        header.ifa_flags = IFA_F_PERMANENT;
        header.ifa_index = 7;
        const std::array<std::uint8_t, 16> bytes = {192, 0, 2, 1};
        mnl_attr_put(&message.get(), IFA_LOCAL, size, bytes.data());
        return message;
    };
    Message whole = made(24, 4);
    CHECK(read_address(whole.get(), 7) ==
          Address{.family = AF_INET, .prefix = 24, .bytes = {192, 0, 2, 1}});
    CHECK_FALSE(read_address(whole.get(), 8).has_value());
    CHECK_FALSE(read_address(made(33, 4).get(), 7).has_value());
    CHECK_FALSE(read_address(made(24, 16).get(), 7).has_value());
    for (std::uint32_t length = sizeof(nlmsghdr); length < complete(whole); ++length) {
        INFO(length);
        Message cut = made(24, 4);
        cut.get().nlmsg_len = length;
        CHECK_FALSE(read_address(cut.get(), 7).has_value());
    }
}

TEST_CASE("a packet whose messages do not end inside it is refused") {
    const auto visit = [](const nlmsghdr& /*message*/, void* context) {
        ++*static_cast<int*>(context);
    };
    for (const std::uint32_t length :
         {0U, 15U, 60U, 0x7fffffffU, 0x80000000U, 0xfff60014U, 0xffffffffU}) {
        INFO(length);
        Message message = link_message("veth123");
        const std::size_t size = message.get().nlmsg_len;
        message.get().nlmsg_len = length;
        int visited = 0;
        const auto more = visit_answer({reinterpret_cast<const char*>(&message.get()), size},
                                       {.sequence = 1}, visit, &visited);
        REQUIRE_FALSE(more);
        CHECK(more.error().value == EBADMSG);
        CHECK(visited == 0);
    }
}

TEST_CASE("what a process of the network namespace sends is not taken for the kernel's answer",
          "[kernel]") {
    auto netlink = Netlink::open();
    REQUIRE(netlink);
    const int sender = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    REQUIRE(sender >= 0);
    // The kernel gives the first socket of a process the number of the process.
    sockaddr_nl to = {};
    to.nl_family = AF_NETLINK;
    to.nl_pid = static_cast<std::uint32_t>(::getpid());
    const auto send = [&](Message message) {
        return ::sendto(sender, &message.get(), message.get().nlmsg_len, 0,
                        reinterpret_cast<const sockaddr*>(&to), sizeof to) > 0;
    };
    const bool sent = send(link_message("forged")) && send(Message(NLMSG_DONE, 1));
    ::close(sender);
    if (!sent) test::skip("this user cannot send to a netlink socket");
    const auto all = links(*netlink);
    REQUIRE(all);
    CHECK(std::ranges::find(*all, "forged", &Link::name) == all->end());
    CHECK(std::ranges::find(*all, "lo", &Link::name) != all->end());
}

}  // namespace
}  // namespace crux::network
