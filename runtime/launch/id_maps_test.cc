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

/// Children of this process that earlier tests have not left.
std::vector<pid_t> new_children(const std::vector<pid_t>& earlier) {
    std::vector<pid_t> children = test::children_of(::getpid());
    std::erase_if(children,
                  [&](pid_t pid) { return std::ranges::find(earlier, pid) != earlier.end(); });
    return children;
}

/// Whether all new children of this process end by themselves; those that do not are killed.
bool all_end(const std::vector<pid_t>& earlier) {
    constexpr int kLooks = 200;
    constexpr int kPauseMs = 10;
    for (int look = 0; look < kLooks; ++look) {
        for (const pid_t pid : new_children(earlier)) (void)::waitpid(pid, nullptr, WNOHANG);
        if (new_children(earlier).empty()) return true;
        (void)::poll(nullptr, 0, kPauseMs);
    }
    for (const pid_t pid : new_children(earlier)) {
        ::kill(pid, SIGKILL);
        (void)::waitpid(pid, nullptr, 0);
    }
    return false;
}

}  // namespace

TEST_CASE("nothing is left of a user namespace whose maker is killed", "[kernel]") {
    if (!make_namespace()) test::skip("this user may make no user namespaces");
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
