#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/network/address.h"
#include "runtime/network/netlink.h"
#include "runtime/sys/handle.h"

namespace crux::network {

/// A network device as seen in its namespace.
struct Link {
    int index = 0;
    std::string name;
};

/// The device that a message of an answer describes; nothing if it is not a complete RTM_NEWLINK.
std::optional<Link> read_link(const nlmsghdr& message);
/// The address that a message of an answer describes; nothing if it is not a complete RTM_NEWADDR
/// of a permanent address of the device with this index. Link-local addresses of IPv6 are left out:
/// the kernel makes them anew.
std::optional<Address> read_address(const nlmsghdr& message, int index);

/// The devices of the socket's namespace.
Result<std::vector<Link>> links(Netlink& netlink);
/// The device of this name; ENODEV if it does not exist.
Result<Link> find_link(Netlink& netlink, const std::string& name);

/// Creates a pair of veth devices (veth(4)): one here, the other in the given network namespace.
/// EOPNOTSUPP if the kernel does not support veth.
Status create_veth(Netlink& netlink, const std::string& name, const std::string& peer,
                   sys::FdRef peer_namespace);
/// Adds an address; EEXIST if the device already has it.
Status add_address(Netlink& netlink, const Link& link, const Address& address);
/// Sets the device up.
Status set_up(Netlink& netlink, const Link& link);
/// Removes the device; for a veth device also its peer.
Status remove_link(Netlink& netlink, const Link& link);

/// The device's permanent addresses (read_address), which move_link restores.
Result<std::vector<Address>> addresses(Netlink& netlink, const Link& link);
/// EEXIST if a device already has the name. A name with "%d" is always free: the kernel chooses the
/// number.
Status check_free(Netlink& netlink, const std::string& name);
/// Moves the device to another namespace under a new name (which may contain "%d", filled in by the
/// kernel), restores the addresses() that the move removes, and sets it up (runtime-spec
/// config-linux.md, Network Devices). Returns the device in its new namespace.
Result<Link> move_link(Netlink& from, Netlink& to, sys::FdRef to_namespace, const Link& link,
                       const std::string& new_name);

}  // namespace crux::network
