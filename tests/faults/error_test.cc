// Every system call of create fails: the command then succeeds or reports one error, within a time
// limit, and leaves nothing behind.

#include <algorithm>
#include <csignal>
#include <iostream>

#include "tests/faults/victim.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

/// Success, or one line of error; ending by a signal or without a message is a defect.
void check_clear(const Outcome& outcome) {
    CHECK(outcome.signal == 0);
    if (outcome.ok()) return;
    CHECK(outcome.status == 1);
    CHECK(lines_of(outcome.err).size() == 1);
    CHECK(outcome.err.size() > std::string("runc create failed: \n").size());
}

void fail_every_call(Victim& victim, const std::vector<std::string>& errors) {
    const std::vector<std::string> words = victim.words("create");
    const std::vector<Call> calls = calls_of(words);
    victim.check_nothing(victim.left_after_delete(), "before the first error");
    std::size_t failed = 0;
    std::size_t runs = 0;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (!may_fail(calls[i])) continue;
        // All calls if time does not matter, else only one for each name.
        const std::size_t count = thorough() ? errors.size() : 1;
        for (std::size_t k = 0; k < count; ++k) {
            const std::string& error = errors[(i + k) % errors.size()];
            const std::string when = error + " at " + calls[i].describe();
            const Outcome outcome = run(tampered(words, "error=" + error, calls[i]));
            INFO(when << "\n" << outcome.describe());
            REQUIRE_FALSE(outcome.timed_out);
            check_clear(outcome);
            ++runs;
            if (!outcome.ok()) {
                ++failed;
                // If the removal itself failed, delete must remove the rest.
                const bool removal = calls[i].name.starts_with("unlink");
                if (!removal) victim.check_nothing(victim.left_at_once(), when + ", at once");
            }
            victim.check_nothing(victim.left_after_delete(), when);
        }
    }
    std::cout << "create with a failing system call: " << failed << " of " << runs
              << " runs failed, the rest went on\n";
    CHECK(failed > runs / 3);
}

TEST_CASE("any system call of create may fail: this is reported or does not matter") {
    need_root();
    need_strace();
    Victim victim;
    fail_every_call(victim, {"ENOSPC", "EPERM", "EINTR", "EMFILE", "ENOMEM"});
}

TEST_CASE("any system call of a create with all its parts may fail") {
    need_root();
    need_strace();
    if (!thorough()) skip("takes minutes: CRUX_THOROUGH=1 runs it");
    for (const Scene& scene : scenes()) {
        Victim victim(scene);
        fail_every_call(victim, {"ENOSPC", "EPERM", "EINTR", "EIO"});
    }
}

}  // namespace
}  // namespace crux::test
