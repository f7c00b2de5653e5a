#include "runtime/host/read.h"

#include <sys/prctl.h>
#include <unistd.h>

#include "runtime/sys/file.h"
#include "tests/support/catch.h"

using namespace crux;

TEST_CASE("the facts of this host agree with the kernel", "[kernel]") {
    auto facts = host::read_facts();
    REQUIRE(facts);
    CHECK(facts->kernel.at_least(5, 10));
    CHECK(facts->uid == ::geteuid());
    CHECK(facts->gid == ::getegid());
    CHECK(facts->page_size == static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
    auto last = sys::read_file("/proc/sys/kernel/cap_last_cap");
    REQUIRE(last);
    CHECK(std::to_string(facts->last_capability) + "\n" == *last);
}

TEST_CASE("the hierarchies of this host are mounted where the facts say", "[kernel]") {
    auto layout = host::read_cgroup_layout();
    REQUIRE(layout);
    CHECK((layout->mode == host::CgroupMode::none) == layout->hierarchies.empty());
    for (const host::CgroupHierarchy& hierarchy : layout->hierarchies) {
        INFO(hierarchy.mountpoint);
        CHECK(sys::read_file(hierarchy.mountpoint + "/cgroup.procs"));
        if (hierarchy.own_directory.empty()) continue;
        auto members = sys::read_file(hierarchy.own_directory + "/cgroup.procs");
        REQUIRE(members);
        CHECK(("\n" + *members).find("\n" + std::to_string(::getpid()) + "\n") !=
              std::string::npos);
    }
}
