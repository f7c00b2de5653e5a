#include "runtime/console/console_socket.h"

#include "tests/support/catch.h"

using namespace crux;

TEST_CASE("a missing console socket is named") {
    auto socket = console::connect_console_socket("/nonexistent/console.sock");
    REQUIRE(!socket);
    CHECK(socket.error().message() ==
          "console socket /nonexistent/console.sock: connect: no such file or directory");
}
