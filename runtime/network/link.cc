#include "runtime/network/link.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace crux::network {

namespace {

constexpr std::uint16_t kCreate = NLM_F_CREATE | NLM_F_EXCL;

// IFNAMSIZ includes the final null byte.
Status check_name(const std::string& name) {
    if (name.empty() || name.size() >= IFNAMSIZ)
        return fail(Error::Kind::usage, name + ": a device name must have 1 to 15 bytes");
    return {};
}

ifinfomsg& about(NetlinkRequest& request, int index) {
    auto& header = request.header<ifinfomsg>();
    header.ifi_index = index;
    return header;
}

// mnl_attr_for_each is a C macro that relies on implicit conversions from void* and between widths.
template <class Visitor>
void for_each_attribute(const nlmsghdr& message, std::size_t header_size, Visitor visit) {
    const void* end = mnl_nlmsg_get_payload_tail(&message);
    const auto* attribute =
        static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(&message, header_size));
    const auto left = [&] {
        return static_cast<int>(static_cast<const char*>(end) -
                                reinterpret_cast<const char*>(attribute));
    };
    for (; mnl_attr_ok(attribute, left()); attribute = mnl_attr_next(attribute)) visit(*attribute);
}

/// The flags of an address that the one who adds it chooses; the others are its state.
constexpr std::uint32_t kChosenFlags = IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_HOMEADDRESS |
                                       IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE |
                                       IFA_F_MCAUTOJOIN;
// <linux/if_addr.h> has it since Linux 5.18.
constexpr std::uint16_t kProtocol = 11;

/// Reads bytes of exactly this size.
bool copy_exactly(const nlattr& attribute, void* to, std::size_t size) {
    if (mnl_attr_get_payload_len(&attribute) != size) return false;
    std::memcpy(to, mnl_attr_get_payload(&attribute), size);
    return true;
}

/// What an address is read from.
struct AddressParts {
    Address address;
    std::optional<AddressBytes> local;  ///< IFA_LOCAL
    std::optional<AddressBytes> other;  ///< IFA_ADDRESS: the peer's on a point-to-point device

    void take(const nlattr& attribute) {
        AddressBytes bytes{};
        switch (mnl_attr_get_type(&attribute)) {
            case IFA_LOCAL:
                if (copy_exactly(attribute, bytes.data(), address.size())) local = bytes;
                break;
            case IFA_ADDRESS:
                if (copy_exactly(attribute, bytes.data(), address.size())) other = bytes;
                break;
            case IFA_BROADCAST:
                if (copy_exactly(attribute, bytes.data(), address.size()))
                    address.broadcast = bytes;
                break;
            case IFA_LABEL:
                if (mnl_attr_validate(&attribute, MNL_TYPE_NUL_STRING) >= 0)
                    address.label = mnl_attr_get_str(&attribute);
                break;
            case IFA_FLAGS:
                if (copy_exactly(attribute, &address.flags, sizeof address.flags))
                    address.flags &= kChosenFlags;
                break;
            case IFA_RT_PRIORITY:
                (void)copy_exactly(attribute, &address.metric, sizeof address.metric);
                break;
            case kProtocol:
                (void)copy_exactly(attribute, &address.protocol, sizeof address.protocol);
                break;
            default:
                break;
        }
    }
};

/// Whether the kernel would make the address by itself, or it is not the device's for good.
bool is_passing(const ifaddrmsg& header) {
    const bool made_anew = header.ifa_family == AF_INET6 && header.ifa_scope == RT_SCOPE_LINK;
    return made_anew || header.ifa_scope == RT_SCOPE_HOST ||
           (header.ifa_flags & IFA_F_PERMANENT) == 0;
}

/// The label under the device's new name: "eth0:1" becomes "net0:1". Empty: the name alone.
std::string moved_label(const std::string& label, const std::string& from, const std::string& to) {
    if (!label.starts_with(from)) return label == to ? std::string() : label;
    std::string moved = to + label.substr(from.size());
    if (moved == to || moved.size() >= IFNAMSIZ) moved.clear();
    return moved;
}

void note_link(const nlmsghdr& message, void* context) {
    if (auto link = read_link(message))
        static_cast<std::vector<Link>*>(context)->push_back(std::move(*link));
}

struct AddressSearch {
    int index;
    std::vector<Address> found;
};

void note_address(const nlmsghdr& message, void* context) {
    auto& search = *static_cast<AddressSearch*>(context);
    if (auto address = read_address(message, search.index))
        search.found.push_back(std::move(*address));
}

/// The family header of a message (struct ifinfomsg, …); null if the message is too short for it.
template <class Header>
const Header* header_of(const nlmsghdr& message) {
    if (mnl_nlmsg_get_payload_len(&message) < sizeof(Header)) return nullptr;
    return static_cast<const Header*>(mnl_nlmsg_get_payload(&message));
}

}  // namespace

std::optional<Link> read_link(const nlmsghdr& message) {
    const auto* header = header_of<ifinfomsg>(message);
    if (message.nlmsg_type != RTM_NEWLINK || header == nullptr) return std::nullopt;
    Link link = {.index = header->ifi_index, .name = ""};
    for_each_attribute(message, sizeof *header, [&](const nlattr& attribute) {
        if (mnl_attr_get_type(&attribute) == IFLA_IFNAME &&
            mnl_attr_validate(&attribute, MNL_TYPE_NUL_STRING) >= 0)
            link.name = mnl_attr_get_str(&attribute);
    });
    if (link.name.empty() || link.name.size() >= IFNAMSIZ) return std::nullopt;
    return link;
}

std::optional<Address> read_address(const nlmsghdr& message, int index) {
    const auto* header = header_of<ifaddrmsg>(message);
    if (message.nlmsg_type != RTM_NEWADDR || header == nullptr ||
        static_cast<int>(header->ifa_index) != index || is_passing(*header))
        return std::nullopt;
    if (header->ifa_family != AF_INET && header->ifa_family != AF_INET6) return std::nullopt;
    AddressParts parts = {.address = {.family = header->ifa_family,
                                      .prefix = header->ifa_prefixlen,
                                      .scope = header->ifa_scope},
                          .local = {},
                          .other = {}};
    for_each_attribute(message, sizeof *header,
                       [&](const nlattr& attribute) { parts.take(attribute); });
    Address& address = parts.address;
    if (!parts.local) parts.local = parts.other;
    if (!parts.local || address.prefix > address.size() * 8) return std::nullopt;
    address.bytes = *parts.local;
    if (parts.other && *parts.other != *parts.local) address.peer = parts.other;
    return std::move(address);
}

Result<std::vector<Link>> links(Netlink& netlink) {
    NetlinkRequest request(RTM_GETLINK, 0);
    about(request, 0);
    std::vector<Link> all;
    TRY(netlink.dump(request, note_link, &all));
    return all;
}

Result<Link> find_link(Netlink& netlink, const std::string& name) {
    const std::vector<Link> all = TRY(links(netlink));
    const auto found = std::ranges::find(all, name, &Link::name);
    if (found == all.end())
        return Result<Link>(std::unexpected(Errno{"rtnetlink", ENODEV})).during(name);
    return *found;
}

Status create_veth(Netlink& netlink, const std::string& name, const std::string& peer,
                   sys::FdRef peer_namespace) {
    TRY(check_name(name));
    TRY(check_name(peer));
    NetlinkRequest request(RTM_NEWLINK, kCreate);
    about(request, 0);
    nlmsghdr* message = request.message();
    mnl_attr_put_strz(message, IFLA_IFNAME, name.c_str());
    nlattr* info = mnl_attr_nest_start(message, IFLA_LINKINFO);
    mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
    nlattr* data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
    nlattr* other = mnl_attr_nest_start(message, VETH_INFO_PEER);
    // The peer's attributes follow their own header inside the attribute.
    request.header<ifinfomsg>();
    mnl_attr_put_strz(message, IFLA_IFNAME, peer.c_str());
    mnl_attr_put_u32(message, IFLA_NET_NS_FD, static_cast<std::uint32_t>(peer_namespace.get()));
    mnl_attr_nest_end(message, other);
    mnl_attr_nest_end(message, data);
    mnl_attr_nest_end(message, info);
    return netlink.transact(request).during("create veth " + name);
}

Status add_address(Netlink& netlink, const Link& link, const Address& address) {
    NetlinkRequest request(RTM_NEWADDR, kCreate);
    auto& header = request.header<ifaddrmsg>();
    header.ifa_family = address.family;
    header.ifa_prefixlen = address.prefix;
    header.ifa_index = static_cast<unsigned>(link.index);
    header.ifa_scope = address.scope;
    nlmsghdr* message = request.message();
    const std::size_t size = address.size();
    mnl_attr_put(message, IFA_LOCAL, size, address.bytes.data());
    mnl_attr_put(message, IFA_ADDRESS, size,
                 address.peer ? address.peer->data() : address.bytes.data());
    if (address.broadcast) mnl_attr_put(message, IFA_BROADCAST, size, address.broadcast->data());
    if (!address.label.empty()) mnl_attr_put_strz(message, IFA_LABEL, address.label.c_str());
    if (address.flags != 0) mnl_attr_put_u32(message, IFA_FLAGS, address.flags);
    if (address.metric != 0) mnl_attr_put_u32(message, IFA_RT_PRIORITY, address.metric);
    if (address.protocol != 0) mnl_attr_put_u8(message, kProtocol, address.protocol);
    return netlink.transact(request).during("add address to " + link.name);
}

Status set_up(Netlink& netlink, const Link& link) {
    NetlinkRequest request(RTM_NEWLINK, 0);
    auto& header = about(request, link.index);
    header.ifi_flags = IFF_UP;
    header.ifi_change = IFF_UP;
    return netlink.transact(request).during("set link up " + link.name);
}

Status remove_link(Netlink& netlink, const Link& link) {
    NetlinkRequest request(RTM_DELLINK, 0);
    about(request, link.index);
    return netlink.transact(request).during("remove " + link.name);
}

Result<std::vector<Address>> addresses(Netlink& netlink, const Link& link) {
    NetlinkRequest request(RTM_GETADDR, 0);
    request.header<ifaddrmsg>();
    AddressSearch search = {.index = link.index, .found = {}};
    TRY(netlink.dump(request, note_address, &search).during("list addresses of " + link.name));
    return std::move(search.found);
}

Status check_free(Netlink& netlink, const std::string& name) {
    if (name.find('%') != std::string::npos) return {};
    const std::vector<Link> present = TRY(links(netlink));
    if (std::ranges::find(present, name, &Link::name) == present.end()) return {};
    return Status(std::unexpected(Errno{"rtnetlink", EEXIST}))
        .during("device name " + name + " in the target network namespace");
}

Result<Link> move_link(Netlink& from, Netlink& to, sys::FdRef to_namespace, const Link& link,
                       const std::string& new_name) {
    TRY(check_name(new_name));
    std::vector<Address> kept = TRY(addresses(from, link));
    const std::vector<Link> before = TRY(links(to));
    NetlinkRequest request(RTM_NEWLINK, 0);
    about(request, link.index);
    mnl_attr_put_u32(request.message(), IFLA_NET_NS_FD,
                     static_cast<std::uint32_t>(to_namespace.get()));
    mnl_attr_put_strz(request.message(), IFLA_IFNAME, new_name.c_str());
    TRY(from.transact(request).during("move " + link.name));
    // Neither the index nor a name from "%d" is known in advance: it is the only new device.
    for (const Link& candidate : TRY(links(to))) {
        if (std::ranges::find(before, candidate.index, &Link::index) != before.end()) continue;
        for (Address& address : kept) {
            address.label = moved_label(address.label, link.name, candidate.name);
            TRY(add_address(to, candidate, address));
        }
        TRY(set_up(to, candidate));
        return candidate;
    }
    return Result<Link>(std::unexpected(Errno{"rtnetlink", ENODEV})).during("move " + link.name);
}

}  // namespace crux::network
