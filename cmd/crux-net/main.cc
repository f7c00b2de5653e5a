#include <sched.h>

#include <cstdio>
#include <string>
#include <vector>

#include "cmd/crux-net/arguments.h"
#include "runtime/base/text.h"
#include "runtime/network/link.h"
#include "runtime/network/netlink.h"
#include "runtime/privilege/privilege.h"
#include "runtime/sys/namespace.h"

namespace crux::net {

namespace {

Status dress(network::Netlink& netlink, const VethEnd& end) {
    const network::Link link = TRY(network::find_link(netlink, end.name));
    for (const network::Address& address : end.addresses)
        TRY(network::add_address(netlink, link, address));
    return network::set_up(netlink, link);
}

Status dress_both(network::Netlink& here, network::Netlink& there, const Arguments& options) {
    TRY(dress(here, options.host));
    return dress(there, options.peer);
}

Status make_veth(network::Netlink& here, network::Netlink& there, sys::FdRef target,
                 const Arguments& options) {
    TRY(network::create_veth(here, options.host.name, options.peer.name, target));
    Status dressed = dress_both(here, there, options);
    if (dressed.has_value()) return {};
    // A half-configured pair is useless: remove it and report the first error.
    if (auto link = network::find_link(here, options.host.name); link.has_value())
        (void)network::remove_link(here, *link);
    return dressed;
}

Status run(const Arguments& options) {
    const sys::NamespaceFd target =
        options.pid > 0
            ? TRY(sys::open_namespace(options.pid, "net").during("network namespace of the target"))
            : TRY(sys::open_namespace_at(options.namespace_path, CLONE_NEWNET)
                      .during(options.namespace_path));
    network::Netlink here = TRY(network::Netlink::open());
    network::Netlink there = TRY(network::Netlink::open_in(target));
    // Everything from now on goes through these two sockets.
    privilege::give_up(capability::bit(CAP_NET_ADMIN), privilege::Rest::relaying,
                       privilege::Bounding::clear);
    if (options.verb == Verb::veth) return make_veth(here, there, target, options);
    const network::Link link = TRY(network::find_link(here, options.host.name));
    TRY(network::check_free(there, options.peer.name));
    if (options.verb == Verb::check) return {};
    TRY(network::move_link(here, there, target, link, options.peer.name));
    return {};
}

int report(const Error& error) {
    std::fprintf(stderr, "crux-net: %s\n", one_line(error.message()).c_str());
    if (error.kind() == Error::Kind::usage) std::fputs(kUsage, stderr);
    return 1;
}

}  // namespace

}  // namespace crux::net

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const auto options = crux::net::read_options(words);
    if (!options.has_value()) return crux::net::report(options.error());
    const auto done = crux::net::run(*options);
    return done.has_value() ? 0 : crux::net::report(done.error());
}
