#pragma once

#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/network/address.h"
#include "runtime/network/netlink.h"
#include "runtime/sys/handle.h"

namespace crux::network {

/// A network device as its namespace knows it.
struct Link {
    int index = 0;
    std::string name;
};

/// The devices of the socket's namespace.
Result<std::vector<Link>> links(Netlink& netlink);
/// The device of this name; ENODEV where there is none.
Result<Link> find_link(Netlink& netlink, const std::string& name);

/// Makes a pair of veth devices (veth(4)): one here, the other in the given network namespace.
/// EOPNOTSUPP where the kernel has no veth.
Status create_veth(Netlink& netlink, const std::string& name, const std::string& peer,
                   sys::FdRef peer_namespace);
/// Adds an address; EEXIST where the device has it.
Status add_address(Netlink& netlink, const Link& link, const Address& address);
/// Sets the device up.
Status set_up(Netlink& netlink, const Link& link);
/// Removes the device, and a veth's other end with it.
Status remove_link(Netlink& netlink, const Link& link);

/// The device's permanent addresses of global scope: those that outlive a move.
Result<std::vector<Address>> addresses(Netlink& netlink, const Link& link);
/// EEXIST where a device has the name already. A name with "%d" is always free: the kernel finds
/// the number.
Status check_free(Netlink& netlink, const std::string& name);
/// Moves the device to another namespace under a new name (which may hold "%d", filled in by the
/// kernel), gives it back the addresses() that the move takes away, and sets it up
/// (runtime-spec config-linux.md, Network Devices). Returns the device as it is there.
Result<Link> move_link(Netlink& from, Netlink& to, sys::FdRef to_namespace, const Link& link,
                       const std::string& new_name);

}  // namespace crux::network
