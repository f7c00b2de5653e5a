#include "runtime/network/netlink.h"

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

#include "runtime/sys/namespace.h"
#include "runtime/sys/process.h"

namespace crux::network {

namespace {

constexpr time_t kAnswerSeconds = 5;

struct Visitor {
    Visit visit;
    void* context;
};

int visit_message(const nlmsghdr* message, void* data) {
    const Visitor& visitor = *static_cast<Visitor*>(data);
    if (visitor.visit != nullptr) visitor.visit(*message, visitor.context);
    return MNL_CB_OK;
}

}  // namespace

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
    alignas(8) std::array<char, 32768> answer;
    Visitor visitor = {visit, context};
    int more = MNL_CB_OK;
    while (more > MNL_CB_STOP) {
        const ssize_t got = mnl_socket_recvfrom(socket_.get(), answer.data(), answer.size());
        if (got < 0)
            return std::unexpected(Errno{"rtnetlink", errno == EAGAIN ? ETIMEDOUT : errno});
        // An error message of the kernel becomes errno here; an acknowledgement ends the dump.
        more = mnl_cb_run(answer.data(), static_cast<std::size_t>(got), sequence_, port_,
                          visit_message, &visitor);
        if (more < MNL_CB_STOP) return std::unexpected(Errno{"rtnetlink", errno});
    }
    return {};
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
