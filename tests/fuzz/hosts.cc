#include "tests/fuzz/hosts.h"

#include <string>
#include <vector>

namespace crux {

namespace {

host::Facts facts_of(host::CgroupMode mode) {
    host::Facts facts;
    facts.kernel = {6, 1};
    facts.landlock_abi = 3;
    facts.cgroup.mode = mode;
    const auto add = [&](int version, std::vector<std::string> controllers, const char* name) {
        const std::string mountpoint = std::string("/sys/fs/cgroup") + name;
        facts.cgroup.hierarchies.push_back({.version = version,
                                            .controllers = std::move(controllers),
                                            .mountpoint = mountpoint,
                                            .own_path = "/caller",
                                            .own_directory = mountpoint + "/caller"});
    };
    if (mode != host::CgroupMode::v2) {
        for (const char* name : {"cpu", "cpuset", "memory", "devices", "freezer", "blkio", "pids",
                                 "hugetlb", "net_cls", "net_prio", "rdma"})
            add(1, {name}, (std::string("/") + name).c_str());
        add(2, {}, "/unified");
    } else {
        add(2, {"cpu", "cpuset", "memory", "io", "pids", "hugetlb", "rdma"}, "");
    }
    return facts;
}

}  // namespace

const std::array<host::Facts, 3>& hosts() {
    static const std::array<host::Facts, 3> all = [] {
        std::array<host::Facts, 3> made = {facts_of(host::CgroupMode::hybrid),
                                           facts_of(host::CgroupMode::v2),
                                           facts_of(host::CgroupMode::v2)};
        made[2].in_user_namespace = true;
        made[2].uid = 1000;
        return made;
    }();
    return all;
}

}  // namespace crux
