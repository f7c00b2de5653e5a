#include "runtime/launch/id_maps.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "runtime/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

using namespace crux;
using namespace crux::launch;

namespace {

Result<sys::Fd> make_namespace() {
    return user_namespace_with(cat("0 ", ::geteuid(), " 1\n"), cat("0 ", ::getegid(), " 1\n"),
                               "/mounts/0");
}

/// Whether all children of this process exit on their own; kills those that do not.
bool all_end() {
    constexpr int kLooks = 200;
    constexpr int kPauseMs = 10;
    for (int look = 0; look < kLooks; ++look) {
        pid_t reaped = 0;
        do reaped = ::waitpid(-1, nullptr, WNOHANG);
        while (reaped > 0);
        if (reaped < 0) return true;
        (void)::poll(nullptr, 0, kPauseMs);
    }
    for (const pid_t pid : test::children_of(::getpid())) ::kill(pid, SIGKILL);
    while (::waitpid(-1, nullptr, 0) > 0) continue;
    return false;
}

}  // namespace

TEST_CASE("if the creator of a user namespace is killed, nothing of it is left", "[kernel]") {
    if (!make_namespace()) test::skip("this user cannot create user namespaces");
    // A process without other children, to which those go whose parent is killed.
    const pid_t reaper = ::fork();
    REQUIRE(reaper >= 0);
    if (reaper == 0) {
        bool ended = ::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
        for (int round = 0; ended && round < 40; ++round) {
            const pid_t maker = ::fork();
            if (maker == 0)
                for (;;) (void)make_namespace();
            (void)::poll(nullptr, 0, 1 + (round % 7));
            ended = maker > 0 && ::kill(maker, SIGKILL) == 0 && all_end();
        }
        ::_exit(ended ? 0 : 1);
    }
    CHECK(test::exit_of(reaper, std::chrono::seconds(60)) == 0);
}
