#include "runtime/base/error.h"

#include <cerrno>

#include "runtime/base/text.h"
#include "tests/support/catch.h"

namespace crux {
namespace {

TEST_CASE("every errno of Linux has a text, and no text is a number") {
    constexpr int kLast = EHWPOISON;
    // No architecture that crux supports has these two.
    constexpr int kUnused[] = {41, 58};
    for (int value = 1; value <= kLast; ++value) {
        INFO(value);
        const bool is_unused = value == kUnused[0] || value == kUnused[1];
        CHECK((errno_words(value) == cat("errno ", value)) == is_unused);
    }
    CHECK(errno_words(kLast + 1) == "errno 134");
    CHECK(errno_words(ESTALE) == "stale NFS file handle");
}

}  // namespace
}  // namespace crux
