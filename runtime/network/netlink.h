#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

struct mnl_socket;
struct nlmsghdr;

namespace crux::network {

/// An rtnetlink request under construction, in its own buffer.
class NetlinkRequest {
 public:
    /// A message of a type (RTM_*) with flags (NLM_F_*) in addition to NLM_F_REQUEST.
    NetlinkRequest(std::uint16_t type, std::uint16_t flags);

    /// Appends the family header (struct ifinfomsg, …), zeroed.
    template <class Header>
    Header& header() {
        return *static_cast<Header*>(extra(sizeof(Header)));
    }
    [[nodiscard]] nlmsghdr* message() { return message_; }

 private:
    void* extra(std::size_t size);

    alignas(8) std::array<char, 4096> buffer_{};
    nlmsghdr* message_;
};

/// The callback for each message of a dump.
using Visit = void (*)(const nlmsghdr& message, void* context);

/// The request that an answer must be for: its sequence number, and the port of the socket.
struct Asked {
    unsigned sequence = 0;
    unsigned port = 0;
};

/// Visits the messages of one packet of an answer; an error message of the kernel is an error with
/// its errno. Returns whether more packets follow. Messages lie completely inside the packet; what
/// is in them is not checked. The packet is aligned as its headers are.
Result<bool, Errno> visit_answer(std::span<const char> packet, Asked asked, Visit visit,
                                 void* context);

/// An rtnetlink socket (rtnetlink(7)); it acts on the network namespace in which it was opened.
class Netlink {
 public:
    /// A socket in this thread's network namespace.
    static Result<Netlink> open();
    /// A socket in another network namespace; this thread enters that namespace and returns.
    static Result<Netlink> open_in(sys::FdRef network_namespace);

    /// Sends the request and waits for the kernel's reply, at most five seconds.
    Status transact(NetlinkRequest& request);
    /// Sends a dump request and visits each message of the reply.
    Status dump(NetlinkRequest& request, Visit visit, void* context);

 private:
    struct Close {
        void operator()(mnl_socket* socket) const;
    };
    explicit Netlink(mnl_socket* socket);
    Status send(NetlinkRequest& request);
    Status receive(Visit visit, void* context);

    std::unique_ptr<mnl_socket, Close> socket_;
    unsigned port_ = 0;
    unsigned sequence_ = 0;
};

}  // namespace crux::network
