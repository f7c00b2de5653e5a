#include "runtime/network/netlink.h"

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/sys/namespace.h"
#include "runtime/sys/process.h"
#include "runtime/sys/time.h"

namespace crux::network {

namespace {

constexpr time_t kAnswerSeconds = 5;

struct Visitor {
    Visit visit;
    void* context;
};

sockaddr* address_of(sockaddr_nl& address) {
    return reinterpret_cast<sockaddr*>(&address);
}

/// Whether each message ends inside the packet. libmnl compares lengths as signed numbers.
bool is_whole(std::span<const char> packet) {
    while (packet.size() >= sizeof(nlmsghdr)) {
        nlmsghdr header;
        std::memcpy(&header, packet.data(), sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > packet.size()) return false;
        const std::size_t length = NLMSG_ALIGN(std::size_t{header.nlmsg_len});
        packet = packet.subspan(std::min(length, packet.size()));
    }
    return true;
}

int visit_message(const nlmsghdr* message, void* data) {
    const Visitor& visitor = *static_cast<Visitor*>(data);
    if (visitor.visit != nullptr) visitor.visit(*message, visitor.context);
    return MNL_CB_OK;
}

}  // namespace

Result<bool, Errno> visit_answer(std::span<const char> packet, Asked asked, Visit visit,
                                 void* context) {
    if (!is_whole(packet)) return std::unexpected(Errno{"rtnetlink", EBADMSG});
    Visitor visitor = {visit, context};
    // An error message of the kernel becomes errno here; an acknowledgement ends the dump.
    const int more = mnl_cb_run(packet.data(), packet.size(), asked.sequence, asked.port,
                                visit_message, &visitor);
    if (more < MNL_CB_STOP) return std::unexpected(Errno{"rtnetlink", errno});
    return more > MNL_CB_STOP;
}

NetlinkRequest::NetlinkRequest(std::uint16_t type, std::uint16_t flags)
    : message_(mnl_nlmsg_put_header(buffer_.data())) {
    message_->nlmsg_type = type;
    message_->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
}

void* NetlinkRequest::extra(std::size_t size) {
    return mnl_nlmsg_put_extra_header(message_, size);
}

void Netlink::Close::operator()(mnl_socket* socket) const {
    mnl_socket_close(socket);
}

Netlink::Netlink(mnl_socket* socket) : socket_(socket) {}

Result<Netlink> Netlink::open() {
    Netlink netlink(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
    if (netlink.socket_ == nullptr) return std::unexpected(Errno{"socket", errno});
    if (mnl_socket_bind(netlink.socket_.get(), 0, MNL_SOCKET_AUTOPID) < 0)
        return std::unexpected(Errno{"bind", errno});
    const timeval patience = {.tv_sec = kAnswerSeconds};
    if (setsockopt(mnl_socket_get_fd(netlink.socket_.get()), SOL_SOCKET, SO_RCVTIMEO, &patience,
                   sizeof patience) < 0)
        return std::unexpected(Errno{"setsockopt", errno});
    netlink.port_ = mnl_socket_get_portid(netlink.socket_.get());
    return netlink;
}

Result<Netlink> Netlink::open_in(sys::FdRef network_namespace) {
    const sys::NamespaceFd own = TRY(sys::open_own_namespace("net"));
    TRY(sys::setns(network_namespace, CLONE_NEWNET));
    Result<Netlink> netlink = open();
    TRY(sys::setns(own, CLONE_NEWNET));
    return netlink;
}

Status Netlink::send(NetlinkRequest& request) {
    request.message()->nlmsg_seq = ++sequence_;
    if (mnl_socket_sendto(socket_.get(), request.message(), request.message()->nlmsg_len) < 0)
        return std::unexpected(Errno{"rtnetlink", errno});
    return {};
}

Status Netlink::receive(Visit visit, void* context) {
    constexpr std::uint64_t kSecond = 1'000'000'000;
    const std::uint64_t end = sys::monotonic_ns() + (std::uint64_t{kAnswerSeconds} * kSecond);
    alignas(8) std::array<char, 32768> answer;
    while (sys::monotonic_ns() < end) {
        sockaddr_nl sender = {};
        socklen_t size = sizeof sender;
        // lint: allow wait: the socket has a timeout.
        const ssize_t got = ::recvfrom(mnl_socket_get_fd(socket_.get()), answer.data(),
                                       answer.size(), MSG_TRUNC, address_of(sender), &size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return std::unexpected(Errno{"rtnetlink", errno == EAGAIN ? ETIMEDOUT : errno});
        // Processes of the network namespace can send to this socket too (netlink(7)).
        if (sender.nl_pid != 0) continue;
        const auto length = static_cast<std::size_t>(got);
        if (length > answer.size()) return std::unexpected(Errno{"rtnetlink", ENOSPC});
        if (!TRY(visit_answer({answer.data(), length}, {sequence_, port_}, visit, context)))
            return {};
    }
    return std::unexpected(Errno{"rtnetlink", ETIMEDOUT});
}

Status Netlink::transact(NetlinkRequest& request) {
    request.message()->nlmsg_flags |= NLM_F_ACK;
    TRY(send(request));
    return receive(nullptr, nullptr);
}

Status Netlink::dump(NetlinkRequest& request, Visit visit, void* context) {
    request.message()->nlmsg_flags |= NLM_F_DUMP;
    TRY(send(request));
    return receive(visit, context);
}

}  // namespace crux::network
