#include "runtime/base/error.h"

#include <cerrno>
#include <filesystem>

#include "runtime/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/command.h"
#include "tests/support/facts.h"

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

TEST_CASE("each code is in the documentation with its phase") {
    const std::string page_name = CRUX_SOURCES "/docs/errors.md";
    if (!std::filesystem::exists(page_name)) test::skip("needs the sources");
    const std::string page = test::read_file(page_name);
    const std::string schema = test::read_file(CRUX_SOURCES "/docs/log-entry.schema.json");
    for (std::size_t index = 0; index < static_cast<std::size_t>(Reason::count_); ++index) {
        const ReasonInfo& info = reason_info(static_cast<Reason>(index));
        CHECK_THAT(page, Catch::Contains(cat("| `", info.word, "` | ", info.phase, " | ")));
        CHECK_THAT(schema, Catch::Contains(quoted(info.word)));
        CHECK_THAT(schema, Catch::Contains(quoted(info.phase)));
    }
}

TEST_CASE("an error has its causes, the most exact reason and the call") {
    Error error = Error(Errno{"openat", ENOENT}).during("read a: b").at("/a").during("create");
    CHECK(error.message() ==
          "create: read a: b: openat: no such file or directory (config.json: /a)");
    CHECK(error.causes() ==
          std::vector<std::string>{"create", "read a: b", "openat: no such file or directory"});
    CHECK(error.reason() == Reason::system);
    CHECK(error.failed_call() == "openat");
    CHECK(error.number() == ENOENT);
    error = std::move(error).as(Reason::hook).as(Reason::seccomp);
    CHECK(error.reason() == Reason::hook);

    const Error other = Error(Error::Kind::os, "mount").of_call("mount_setattr", EINVAL);
    CHECK(other.number() == EINVAL);
    CHECK(other.code() == 0);
    CHECK(other.causes() == std::vector<std::string>{"mount"});
}

}  // namespace
}  // namespace crux
