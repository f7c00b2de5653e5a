#include "runtime/network/address.h"

#include <sys/socket.h>

#include "tests/support/catch.h"

using crux::network::Address;
using crux::network::parse_address;

TEST_CASE("addresses of both families are read with their prefix") {
    const auto four = parse_address("192.0.2.1/24");
    REQUIRE(four.has_value());
    CHECK(*four == Address{.family = AF_INET, .prefix = 24, .bytes = {192, 0, 2, 1}});
    CHECK(four->size() == 4);
    const auto six = parse_address("2001:db8::1/128");
    REQUIRE(six.has_value());
    CHECK(six->family == AF_INET6);
    CHECK(six->prefix == 128);
    CHECK(six->bytes ==
          std::array<std::uint8_t, 16>{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}

TEST_CASE("an invalid address is refused with its text") {
    const std::pair<const char*, const char*> cases[] = {
        {"192.0.2.1", "\"192.0.2.1\": prefix length is missing"},
        {"192.0.2/24", "\"192.0.2/24\": is not an IP address"},
        {"/24", "\"/24\": is not an IP address"},
        {"192.0.2.1/33", "\"192.0.2.1/33\": prefix length is out of range"},
        {"192.0.2.1/", "\"192.0.2.1/\": prefix length is out of range"},
        {"192.0.2.1/2x", "\"192.0.2.1/2x\": prefix length is out of range"},
        {"2001:db8::1/129", "\"2001:db8::1/129\": prefix length is out of range"},
    };
    for (const auto& [text, message] : cases) {
        const auto address = parse_address(text);
        REQUIRE_FALSE(address.has_value());
        CHECK(address.error().message() == message);
    }
}
