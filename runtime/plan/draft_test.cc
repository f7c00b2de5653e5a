#include "runtime/plan/draft.h"

#include "tests/support/catch.h"

using namespace crux;
using namespace crux::plan;

TEST_CASE("paths of the container are relative to its root and cannot leave it") {
    const struct {
        const char* path;
        const char* clean;
    } table[] = {
        {"/", ""},           {"", ""},
        {"/a/b", "a/b"},     {"a/b", "a/b"},
        {"//a//b/", "a/b"},  {"/./a/.", "a"},
        {"/a/../b", "b"},    {"/../../b", "b"},
        {"/a/b/../..", ""},  {"/..a/b..", "..a/b.."},
        {"/a/...", "a/..."}, {"/.", ""},
    };
    std::string scratch;
    for (const auto& row : table) {
        INFO(row.path);
        CHECK(path_in_root(row.path, scratch) == row.clean);
    }
}

TEST_CASE("an ID mapping is written in the kernel's format") {
    CHECK(id_map_text({{.container_id = 0, .host_id = 1000, .size = 1},
                       {.container_id = 1, .host_id = 100000, .size = 65535}}) ==
          "0 1000 1\n1 100000 65535\n");
    CHECK(id_map_text({}).empty());
}

TEST_CASE("every propagation has its byte") {
    CHECK(propagation_byte(oci::Propagation::none) == 0);
    CHECK(propagation_byte(oci::Propagation::shared) == kShared);
    CHECK(propagation_byte(oci::Propagation::rslave) == (kSlave | kPropagateRecursive));
    CHECK(propagation_byte(oci::Propagation::rprivate) == (kPrivate | kPropagateRecursive));
    CHECK(propagation_byte(oci::Propagation::unbindable) == kUnbindable);
}
