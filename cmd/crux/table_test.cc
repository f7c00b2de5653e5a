#include "cmd/crux/table.h"

#include "tests/support/catch.h"

namespace crux::cmd {
namespace {

TEST_CASE("a column is 12 wide, or its widest cell and three blanks") {
    Table table{{"ID", "PID", "OWNER"}};
    CHECK(table.text() == "ID          PID         OWNER\n");
    table.add({"a-name-of-17-char", "7", "root"});
    table.add({"ä", "8", "#1000"});
    CHECK(table.text() ==
          "ID                  PID         OWNER\n"
          "a-name-of-17-char   7           root\n"
          "ä                   8           #1000\n");
}

}  // namespace
}  // namespace crux::cmd
