// What the kernel answers to rtnetlink requests: of a message that is accepted, name and address
// are complete. The input is one packet.

#include <libmnl/libmnl.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>

#include "runtime/network/link.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace crux;

void take(const nlmsghdr& message, void* context) {
    auto& taken = *static_cast<std::size_t*>(context);
    ++taken;
    if (const auto link = network::read_link(message)) {
        hold(!link->name.empty() && link->name.size() < IFNAMSIZ);
        hold(link->name.find('\0') == std::string::npos);
    }
    for (const int index : {0, 1, 2}) {
        const auto address = network::read_address(message, index);
        if (!address) continue;
        hold(address->family == AF_INET || address->family == AF_INET6);
        hold(address->prefix <= address->size() * 8);
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    // A copy of exactly this size, aligned as the buffer that the kernel fills.
    const auto packet = std::make_unique<char[]>(size);
    std::ranges::copy(text_of(bytes, size), packet.get());
    std::size_t taken = 0;
    // Without a number of its own each message is one of the answer.
    (void)network::visit_answer({packet.get(), size}, {}, take, &taken);
    hold(taken <= size / sizeof(nlmsghdr));
    return 0;
}
