#include "runtime/sys/trusted.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "tests/support/catch.h"

namespace crux::sys {
namespace {

struct ::stat status(uid_t owner, gid_t group, mode_t mode) {
    struct ::stat made = {};
    made.st_uid = owner;
    made.st_gid = group;
    made.st_mode = mode;
    return made;
}

TEST_CASE("only what the caller and root alone can write is trusted") {
    const uid_t user = ::geteuid();
    const gid_t group = ::getegid();
    CHECK(check_trusted(status(user, group, S_IFDIR | 0700)));
    CHECK(check_trusted(status(0, group + 1, S_IFDIR | 0755)));
    CHECK(check_trusted(status(user, group, S_IFDIR | 0775)));
    struct Refused {
        struct ::stat status;
        std::string words;
    };
    const std::vector<Refused> refused = {
        {status(user + 1, group, S_IFDIR | 0700), "owned by user " + std::to_string(user + 1)},
        {status(user, group, S_IFDIR | 0702), "writable by every user"},
        {status(user, group, S_IFDIR | S_ISVTX | 0777), "the sticky bit does not keep others"},
        {status(user, group + 1, S_IFREG | 0620), "writable by group " + std::to_string(group + 1)},
    };
    for (const Refused& row : refused) {
        const Status checked = check_trusted(row.status);
        INFO(row.words);
        REQUIRE_FALSE(checked);
        CHECK(checked.error().kind() == Error::Kind::state);
        CHECK(checked.error().message().find(row.words) != std::string::npos);
    }
}

TEST_CASE("a trusted file is a regular one, bounded, and read to its end") {
    char name[] = "/tmp/crux-trusted-XXXXXX";
    const std::string place = ::mkdtemp(name);
    const Fd folder = std::move(openat(FdRef::cwd(), place, O_RDONLY | O_DIRECTORY).value());
    const auto make = [&](const std::string& file, const std::string& text) {
        const Fd made = std::move(openat(folder, file, O_WRONLY | O_CREAT | O_EXCL, 0600).value());
        CHECK(write_all(made, text));
    };
    const auto words_of = [&](const std::string& file, std::size_t limit = 100) {
        const auto text = read_trusted_file(folder, file, limit);
        return text ? "read " + *text : text.error().message();
    };
    make("empty", "");
    make("full", "text");
    make("open", "text");
    CHECK(fchmodat(folder, "open", 0666));
    CHECK(mkfifoat(folder, "fifo", 0600));
    CHECK(mkdirat(folder, "folder", 0700));
    std::filesystem::create_symlink("full", place + "/link");
    CHECK(words_of("empty") == "read ");
    CHECK(words_of("full") == "read text");
    CHECK(words_of("full", 4) == "read text");
    CHECK(words_of("full", 3) == "longer than 3 bytes");
    CHECK(words_of("open") == "writable by every user");
    CHECK(words_of("fifo") == "not a regular file");
    CHECK(words_of("folder") == "not a regular file");
    CHECK(words_of("link") == "open: too many levels of symbolic links");
    const auto missing = read_trusted_file(folder, "missing", 1);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code() == ENOENT);
    std::filesystem::remove_all(place);
}

}  // namespace
}  // namespace crux::sys
