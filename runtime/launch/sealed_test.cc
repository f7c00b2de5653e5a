#include "runtime/launch/sealed.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <span>

#include "runtime/sys/memfd.h"
#include "tests/support/catch.h"
#include "tests/support/facts.h"

using namespace crux;
using namespace crux::launch;

namespace {

void need_exec_seal() {
    if (!sys::memfd_create("test", MFD_EXEC)) test::skip("needs MFD_EXEC (Linux 6.3)");
}

mode_t mode_of(const sys::Fd& file) {
    struct stat status = {};
    REQUIRE(::fstat(file.get(), &status) == 0);
    return status.st_mode & 07777U;
}

/// The errno of fchmod, or 0.
int error_of_mode(const sys::Fd& file, mode_t mode) {
    return ::fchmod(file.get(), mode) == 0 ? 0 : errno;
}

}  // namespace

TEST_CASE("the plan is not executable, and cannot be made so", "[kernel]") {
    need_exec_seal();
    const auto plan = sealed("test", std::as_bytes(std::span("plan")), MFD_NOEXEC_SEAL);
    REQUIRE(plan);
    CHECK(mode_of(*plan) == 0666);
    CHECK(error_of_mode(*plan, 0600) == 0);
    CHECK(error_of_mode(*plan, 0700) == EPERM);
}

TEST_CASE("the file of init cannot lose its permission to execute", "[kernel]") {
    need_exec_seal();
    const auto by_all = init_image(Readable::by_all);
    const auto by_owner = init_image(Readable::by_owner);
    REQUIRE(by_all);
    REQUIRE(by_owner);
    CHECK(mode_of(*by_all) == 0777);
    CHECK(mode_of(*by_owner) == 0711);
    for (const sys::Fd* image : {&*by_all, &*by_owner}) {
        CHECK(error_of_mode(*image, 0711) == 0);
        CHECK(error_of_mode(*image, 0600) == EPERM);
        CHECK(error_of_mode(*image, 0710) == EPERM);
    }
}
