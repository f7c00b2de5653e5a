#include "runtime/launch/clone.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

using namespace crux;
using namespace crux::launch;

namespace {

struct Range {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    std::string rights;
};

std::vector<Range> our_memory() {
    std::vector<Range> found;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        Range range;
        char rights[5] = {};
        REQUIRE(std::sscanf(line.c_str(), "%lx-%lx %4s", &range.begin, &range.end, rights) == 3);
        range.rights = rights;
        found.push_back(range);
    }
    return found;
}

/// The writable ranges that begin at the end of one without access and end at the beginning of
/// another one.
std::vector<Range> guarded_ranges() {
    std::vector<Range> found;
    const std::vector<Range> all = our_memory();
    for (std::size_t i = 1; i + 1 < all.size(); ++i)
        if (all[i].rights == "rw-p" && all[i - 1].rights == "---p" && all[i + 1].rights == "---p" &&
            all[i - 1].end == all[i].begin && all[i].end == all[i + 1].begin)
            found.push_back(all[i]);
    return found;
}

/// Starts a process that ends before it executes init, because it has no file of init.
void start_in_vain(std::vector<Join> joins) {
    StartFailure failure;
    Start start;
    start.failure = &failure;
    start.joins = joins;
    const auto process = clone_init(start);
    CHECK(process.has_value() == joins.empty());
    if (process) CHECK(test::exit_of(process->pid) == 1);
    CHECK(failure.error == EBADF);
}

/// How a process ends that writes there.
std::optional<int> end_of_writer(std::uintptr_t address) {
    const pid_t writer = ::fork();
    REQUIRE(writer >= 0);
    if (writer == 0) {
        ::signal(SIGSEGV, SIG_DFL);
        // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel lists addresses as numbers
        *reinterpret_cast<volatile char*>(address) = 1;
        ::_exit(0);
    }
    return test::exit_of(writer);
}

}  // namespace

TEST_CASE("an overflow of a stack in our memory ends its process", "[kernel]") {
#ifdef __SANITIZE_ADDRESS__
    test::skip("the sanitizer's own memory has such ranges too");
#endif
    start_in_vain({});
    const std::vector<Range> one = guarded_ranges();
    // The helper that joins namespaces has a stack of its own.
    start_in_vain({{.type = plan::Namespace::user}});
    const std::vector<Range> both = guarded_ranges();
    REQUIRE(one.size() == 1);
    REQUIRE(both.size() == 2);
    for (const Range& stack : both) {
        CHECK(end_of_writer(stack.begin) == 0);
        CHECK(end_of_writer(stack.begin - 1) == 128 + SIGSEGV);
        CHECK(end_of_writer(stack.end - 1) == 0);
        CHECK(end_of_writer(stack.end) == 128 + SIGSEGV);
    }
}
