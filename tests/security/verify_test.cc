// Init reads back the restrictions before the program runs (rule R11): a kernel that answers a call
// and does nothing must not go unnoticed.

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <optional>

#include "tests/support/answered.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

/// A call that does nothing, and the end of the error.
struct Idle {
    const char* name;
    long number;
    std::optional<std::uint32_t> first_argument;
    const char* error;
};

TEST_CASE("a restriction that has no effect fails the create") {
    need_root();
    const Unchanged host;
    constexpr const char* kVerify =
        "verify user 1000, group 1001, the supplementary groups, the capability sets, "
        "no_new_privs, "
        "and that nobody can trace init: ";
    const Idle calls[] = {
        {"setresuid", __NR_setresuid, 1000, "getresuid: operation not permitted"},
        {"setresgid", __NR_setresgid, 1001, "getresgid: operation not permitted"},
        {"setgroups", __NR_setgroups, 2, "getgroups: operation not permitted"},
        {"capset", __NR_capset, std::nullopt, "capget: operation not permitted"},
        {"PR_CAPBSET_DROP", __NR_prctl, PR_CAPBSET_DROP, "prctl: operation not permitted"},
        {"PR_SET_NO_NEW_PRIVS", __NR_prctl, PR_SET_NO_NEW_PRIVS, "prctl: operation not permitted"},
        {"close_range", __NR_close_range, 3, "fcntl: operation not permitted"},
    };
    for (const Idle& idle : calls) {
        INFO(idle.name);
        Bundle bundle;
        bundle.set("/process/user", {{"uid", 1000}, {"gid", 1001}, {"additionalGids", {20, 5}}})
            .set("/process/noNewPrivileges", true)
            .set("/root/readonly", false)
            .remove("/linux/seccomp");
        Container container(bundle);
        Outcome outcome;
        const auto seen = answered(static_cast<int>(idle.number), idle.first_argument,
                                   [&] { outcome = container.create(); });
        INFO(outcome.describe());
        CHECK(!seen.empty());
        CHECK(outcome.status == 1);
        CHECK(outcome.err.find(std::string(kVerify) + idle.error) != std::string::npos);
        CHECK(container.status() == "");
    }
}

TEST_CASE("init has given up what no later step needs when it changes the user") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/user", {{"uid", 1000}, {"gid", 1000}}).remove("/linux/seccomp");
    Container container(bundle);
    Outcome outcome;
    const auto seen = answered(__NR_setresuid, 1000, [&] { outcome = container.create(); });
    INFO(outcome.describe());
    REQUIRE(seen.size() == 1);
    // DAC_OVERRIDE, DAC_READ_SEARCH, SETGID, SETUID, SETPCAP, CHOWN; KILL, NET_BIND_SERVICE and
    // AUDIT_WRITE of the program.
    CHECK(seen[0].effective == "00000000200005e7");
}

TEST_CASE("a read-only root that is not read-only fails the create") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/root/readonly", true);
    Container container(bundle);
    Outcome outcome;
    const auto seen =
        answered(__NR_mount_setattr, std::nullopt, [&] { outcome = container.create(); });
    INFO(outcome.describe());
    CHECK(!seen.empty());
    CHECK(outcome.status == 1);
    CHECK(outcome.err.find("the root is not read-only") != std::string::npos);
    CHECK(container.status() == "");
}

}  // namespace
}  // namespace crux::test
