#include "runtime/network/address.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <string>

#include "runtime/base/text.h"

namespace crux::network {

std::size_t Address::size() const {
    return family == AF_INET ? 4 : 16;
}

Result<Address> parse_address(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos)
        return fail(Error::Kind::usage, cat(quoted(text), ": prefix length is missing"));
    const std::string host(text.substr(0, slash));
    Address address;
    for (const int family : {AF_INET, AF_INET6})
        if (inet_pton(family, host.c_str(), address.bytes.data()) == 1)
            address.family = static_cast<std::uint8_t>(family);
    if (address.family == 0)
        return fail(Error::Kind::usage, cat(quoted(text), ": is not an IP address"));
    const auto prefix = to_number<std::uint8_t>(text.substr(slash + 1));
    if (!prefix || *prefix > address.size() * 8)
        return fail(Error::Kind::usage, cat(quoted(text), ": prefix length is out of range"));
    address.prefix = *prefix;
    return address;
}

}  // namespace crux::network
