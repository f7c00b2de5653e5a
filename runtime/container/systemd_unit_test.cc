#include "runtime/container/systemd_unit.h"

#include "tests/support/catch.h"

namespace crux::container {
namespace {

cgroup::Setting setting(std::string file, std::string value) {
    cgroup::Setting out;
    out.file = std::move(file);
    out.value = std::move(value);
    return out;
}

TEST_CASE("only limits of one or two processes wait until the helper is gone") {
    for (const char* value : {"1", "2", "3", "max"}) {
        INFO(value);
        const bool is_tight = value[0] == '1' || value[0] == '2';
        cgroup::Limits limits;
        limits.settings = {setting("memory.max", "1"), setting("pids.max", value),
                           setting("cpu.weight", "2")};
        const cgroup::Limits tight = take_tight_limits(limits);
        CHECK(tight.settings.size() == (is_tight ? 1 : 0));
        CHECK(limits.settings.size() == (is_tight ? 2 : 3));
        for (const cgroup::Setting& each : tight.settings) CHECK(each.file == "pids.max");
    }
}

}  // namespace
}  // namespace crux::container
