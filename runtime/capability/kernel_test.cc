#include "runtime/capability/kernel.h"

#include <linux/capability.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "runtime/base/text.h"
#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/command.h"

using namespace crux;

namespace {

/// A set as /proc/self/status has it: "CapEff:\t000001ffffffffff".
capability::Set of_status(std::string_view name) {
    const std::string status = test::read_file("/proc/self/status");
    for (const std::string_view line : split(status, '\n'))
        if (line.starts_with(name))
            return to_number<capability::Set>(trimmed(line.substr(name.size())), 16).value_or(0);
    return 0;
}

/// Gives the file this one capability, permitted (capabilities(7), VFS_CAP_REVISION_2); errno or 0.
int grant(const std::string& file, unsigned number) {
    struct ::vfs_cap_data data = {};
    data.magic_etc = VFS_CAP_REVISION_2;
    data.data[0].permitted = 1U << number;
    return ::setxattr(file.c_str(), "security.capability", &data, XATTR_CAPS_SZ_2, 0) == 0 ? 0
                                                                                           : errno;
}

}  // namespace

TEST_CASE("the sets of this process are those of its status", "[kernel]") {
    CHECK(capability::effective() == of_status("CapEff:"));
    CHECK(capability::bounding() == of_status("CapBnd:"));
    CHECK(cat(capability::last(), '\n') == test::read_file("/proc/sys/kernel/cap_last_cap"));
}

TEST_CASE("what the kernel does not know is outside the bounding set", "[kernel]") {
    const capability::Set unknown = capability::bit(63);
    CHECK(capability::outside_bounding(capability::bounding() | unknown) == unknown);
    CHECK(capability::outside_bounding(0) == 0);
}

TEST_CASE("a file grants the capabilities that it has, and no other", "[kernel]") {
    const std::string file = test::work_folder() + "/granting";
    std::ofstream(file) << "x";
    CHECK_FALSE(capability::file_grants(file, "CAP_SETUID"));
    const int refused = grant(file, CAP_SETUID);
    if (refused != 0) {
        WARN("skipped: this process may not give a file capabilities: " << std::strerror(refused));
    } else {
        CHECK(capability::file_grants(file, "CAP_SETUID"));
        CHECK_FALSE(capability::file_grants(file, "CAP_SETGID"));
    }
    ::unlink(file.c_str());
    CHECK_FALSE(capability::file_grants(file, "CAP_SETUID"));
}
