// One fault each in a configuration that is valid otherwise: the fault must be found, at its place,
// and nothing else with it.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "oci-spec/rules.h"
#include "oci-spec/sample_test.h"
#include "tests/support/catch.h"

namespace crux::oci {
namespace {

using nlohmann::json;

// What is put at `place` (an empty text: the place is removed), and where the fault must be found;
// empty: at the place itself.
struct Fault {
    const char* place;
    const char* value;
    const char* found = "";
};

std::string broken(const Fault& fault) {
    json document = json::parse(test::kFullConfig);
    const json::json_pointer place(fault.place);
    if (*fault.value == '\0') {
        json& parent = document[place.parent_pointer()];
        if (parent.is_array())
            parent.erase(std::stoul(place.back()));
        else
            parent.erase(place.back());
    } else {
        document[place] = json::parse(fault.value);
    }
    return document.dump();
}

constexpr Fault kWrongTypes[] = {
    {"/ociVersion", "1"},
    {"/root", "\"rootfs\""},
    {"/root/path", "1"},
    {"/root/readonly", "\"yes\""},
    {"/mounts", "{}"},
    {"/mounts/0", "\"/proc\""},
    {"/mounts/0/destination", "[]"},
    {"/mounts/0/source", "1"},
    {"/mounts/0/type", "1"},
    {"/mounts/1/options", "\"ro\""},
    {"/mounts/1/options/1", "1"},
    {"/mounts/1/uidMappings/0/containerID", "\"0\""},
    {"/mounts/1/uidMappings/0/hostID", "-1"},
    {"/mounts/1/gidMappings/0/size", "1.5"},
    {"/process", "[]"},
    {"/process/terminal", "1"},
    {"/process/consoleSize", "[25, 80]"},
    {"/process/consoleSize/height", "65536"},
    {"/process/consoleSize/width", "\"80\""},
    {"/process/cwd", "{}"},
    {"/process/env", "{\"A\": \"b\"}"},
    {"/process/env/0", "1"},
    {"/process/env/1", "null"},
    {"/process/args", "\"sh\""},
    {"/process/args/1", "2"},
    {"/process/rlimits", "{}"},
    {"/process/rlimits/0/soft", "-1"},
    {"/process/rlimits/0/hard", "\"unlimited\""},
    {"/process/rlimits/1/hard", "18446744073709551616"},
    {"/process/apparmorProfile", "true"},
    {"/process/capabilities", "[\"CAP_KILL\"]"},
    {"/process/capabilities/bounding", "\"CAP_KILL\""},
    {"/process/capabilities/bounding/1", "5"},
    {"/process/noNewPrivileges", "\"true\""},
    {"/process/oomScoreAdj", "\"0\""},
    {"/process/scheduler", "\"SCHED_FIFO\""},
    {"/process/scheduler/nice", "2147483648"},
    {"/process/scheduler/flags", "\"SCHED_FLAG_RECLAIM\""},
    {"/process/selinuxLabel", "1"},
    {"/process/ioPriority", "3"},
    {"/process/ioPriority/priority", "\"4\""},
    {"/process/execCPUAffinity/initial", "7"},
    {"/process/user", "\"root\""},
    {"/process/user/uid", "\"0\""},
    {"/process/user/gid", "4294967296"},
    {"/process/user/umask", "\"022\""},
    {"/process/user/additionalGids", "5"},
    {"/process/user/additionalGids/1", "-6"},
    {"/hostname", "1"},
    {"/domainname", "[]"},
    {"/linux", "[]"},
    {"/linux/namespaces", "{}"},
    {"/linux/namespaces/0/path", "1"},
    {"/linux/uidMappings/0/hostID", "4294967296"},
    {"/linux/gidMappings", "{}"},
    {"/linux/timeOffsets/boottime", "5"},
    {"/linux/timeOffsets/boottime/secs", "1.5"},
    {"/linux/timeOffsets/monotonic/nanosecs", "-1"},
    {"/linux/devices/0/major", "\"10\""},
    {"/linux/devices/0/minor", "-1"},
    {"/linux/devices/0/fileMode", "\"0666\""},
    {"/linux/devices/0/uid", "-1"},
    {"/linux/netDevices", "[]"},
    {"/linux/netDevices/eth1/name", "1"},
    {"/linux/cgroupsPath", "1"},
    {"/linux/resources", "[]"},
    {"/linux/resources/devices/0/allow", "\"no\""},
    {"/linux/resources/devices/1/major", "-2"},
    {"/linux/resources/devices/1/access", "7"},
    {"/linux/resources/memory", "1048576"},
    {"/linux/resources/memory/limit", "\"1m\""},
    {"/linux/resources/memory/swappiness", "-1"},
    {"/linux/resources/memory/disableOOMKiller", "1"},
    {"/linux/resources/memory/checkBeforeUpdate", "\"x\""},
    {"/linux/resources/cpu/shares", "-1"},
    {"/linux/resources/cpu/quota", "0.5"},
    {"/linux/resources/cpu/period", "\"50000\""},
    {"/linux/resources/cpu/cpus", "0"},
    {"/linux/resources/blockIO/weight", "65536"},
    {"/linux/resources/blockIO/weightDevice/0/major", "\"8\""},
    {"/linux/resources/blockIO/throttleReadBpsDevice/0/rate", "-1"},
    {"/linux/resources/hugepageLimits/0/limit", "-1"},
    {"/linux/resources/network/classID", "4294967296"},
    {"/linux/resources/network/priorities/0/priority", "\"1\""},
    {"/linux/resources/pids/limit", "\"max\""},
    {"/linux/resources/rdma/mlx5_1/hcaHandles", "-1"},
    {"/linux/resources/unified/memory.high", "1000"},
    {"/linux/intelRdt/closID", "1"},
    {"/linux/intelRdt/schemata", "\"L3:0=f\""},
    {"/linux/intelRdt/enableMonitoring", "1"},
    {"/linux/memoryPolicy/nodes", "1"},
    {"/linux/sysctl", "[]"},
    {"/linux/sysctl/kernel.msgmax", "8192"},
    {"/linux/seccomp", "[]"},
    {"/linux/seccomp/defaultErrnoRet", "\"EPERM\""},
    {"/linux/seccomp/listenerPath", "1"},
    {"/linux/seccomp/syscalls", "{}"},
    {"/linux/seccomp/syscalls/0/names", "\"read\""},
    {"/linux/seccomp/syscalls/2/args/0/index", "-1"},
    {"/linux/seccomp/syscalls/2/args/0/value", "\"0\""},
    {"/linux/maskedPaths", "\"/proc/kcore\""},
    {"/linux/readonlyPaths/0", "1"},
    {"/linux/mountLabel", "1"},
    {"/hooks", "[]"},
    {"/hooks/prestart", "{}"},
    {"/hooks/createRuntime/0/args", "\"x\""},
    {"/hooks/createRuntime/0/env/0", "1"},
    {"/hooks/createRuntime/0/timeout", "\"5\""},
    {"/hooks/poststop/1/path", "1"},
    {"/annotations", "[]"},
    {"/annotations/com.example.key", "1"},
};

constexpr Fault kMissing[] = {
    {"/ociVersion", ""},
    {"/root", ""},
    {"/root/path", ""},
    {"/mounts/0/destination", ""},
    {"/mounts/1/uidMappings/0/size", ""},
    {"/process/consoleSize/height", ""},
    {"/process/rlimits/0/type", ""},
    {"/process/rlimits/0/soft", ""},
    {"/process/scheduler/policy", ""},
    {"/process/ioPriority/class", ""},
    {"/process/ioPriority/priority", ""},
    {"/linux/namespaces/0/type", ""},
    {"/linux/uidMappings/1/containerID", ""},
    {"/linux/devices/0/type", ""},
    {"/linux/devices/0/path", ""},
    {"/linux/devices/0/minor", ""},
    {"/linux/resources/devices/0/allow", ""},
    {"/linux/resources/blockIO/weightDevice/0/minor", ""},
    {"/linux/resources/blockIO/throttleWriteIOPSDevice/0/rate", ""},
    {"/linux/resources/hugepageLimits/0/pageSize", ""},
    {"/linux/resources/network/priorities/0/name", ""},
    {"/linux/memoryPolicy/mode", ""},
    {"/linux/personality/domain", ""},
    {"/linux/seccomp/defaultAction", ""},
    {"/linux/seccomp/syscalls/0/action", ""},
    {"/linux/seccomp/syscalls/0/names", ""},
    {"/linux/seccomp/syscalls/2/args/0/op", ""},
    {"/hooks/poststart/0/path", ""},
    {"/mounts/0/type", ""},
    {"/mounts/1/source", ""},
    {"/process/cwd", ""},
    {"/process/args", ""},
    {"/linux/seccomp/listenerPath", "", "/linux/seccomp/listenerPath"},
};

constexpr Fault kWrongWords[] = {
    {"/process/rlimits/0/type", "\"RLIMIT_FILES\""},
    {"/process/scheduler/policy", "\"FIFO\""},
    {"/process/scheduler/flags/0", "\"SCHED_FLAG_X\""},
    {"/process/ioPriority/class", "\"idle\""},
    {"/process/execCPUAffinity/final", "\"0-\""},
    {"/linux/namespaces/1/type", "\"net\""},
    {"/linux/timeOffsets/realtime", "{\"secs\": 1}"},
    {"/linux/devices/0/type", "\"a\""},
    {"/linux/resources/devices/1/type", "\"p\""},
    {"/linux/resources/devices/1/access", "\"rx\""},
    {"/linux/memoryPolicy/mode", "\"MPOL_X\""},
    {"/linux/memoryPolicy/nodes", "\"1-0\""},
    {"/linux/memoryPolicy/flags/0", "\"MPOL_F_X\""},
    {"/linux/personality/domain", "\"linux\""},
    {"/linux/rootfsPropagation", "\"recursive\""},
    {"/linux/seccomp/defaultAction", "\"SCMP_ACT_DENY\""},
    {"/linux/seccomp/architectures/0", "\"amd64\""},
    {"/linux/seccomp/flags/0", "\"SECCOMP_FILTER_FLAG_X\""},
    {"/linux/seccomp/syscalls/1/action", "\"allow\""},
    {"/linux/seccomp/syscalls/2/args/0/op", "\"==\""},
    {"/ociVersion", "\"2.0.0\""},
    {"/ociVersion", "\"1.3\""},
    {"/hostname", "\"a\\u0000b\""},
    {"/process/args/1", "\"a\\u0000b\""},
};

constexpr Fault kBrokenRules[] = {
    {"/process/cwd", "\"work\""},
    {"/process/cwd", "\"\""},
    {"/process/args", "[]"},
    {"/process/args/0", "\"\""},
    {"/process/env/1", "\"TERM\""},
    {"/process/env/1", "\"=xterm\""},
    {"/process/rlimits/0/type", "\"RLIMIT_CORE\"", "/process/rlimits/1/type"},
    {"/process/rlimits/0/soft", "2048"},
    {"/process/oomScoreAdj", "1001"},
    {"/process/oomScoreAdj", "-1001"},
    {"/process/scheduler/nice", "20"},
    {"/process/scheduler/priority", "100"},
    {"/process/scheduler/priority", "0"},
    {"/process/scheduler/policy", "\"SCHED_OTHER\"", "/process/scheduler/priority"},
    {"/process/scheduler/runtime", "5000", "/process/scheduler"},
    {"/process/scheduler",
     "{\"policy\": \"SCHED_DEADLINE\", \"runtime\": 5000, \"deadline\": 4000, \"period\": 6000}",
     "/process/scheduler/deadline"},
    {"/process/ioPriority/priority", "8"},
    {"/process/user/uid", "4294967295"},
    {"/process/user/additionalGids/0", "4294967295"},
    {"/process/user/umask", "512"},
    {"/mounts/0/type", "\"tmpfs\"", "/mounts/0/destination"},
    {"/mounts/2/destination", "\"/proc/sys\""},
    {"/mounts/2/destination", "\"/x/../proc/./self\""},
    {"/mounts/2/type", "\"bind\""},
    {"/mounts/2/type", "\"ext4\"", "/mounts/2/options"},
    {"/mounts/1/options/1", "\"size=1k\""},
    {"/mounts/1/gidMappings", "", "/mounts/1/uidMappings"},
    {"/mounts/1/uidMappings", "", "/mounts/1/gidMappings"},
    {"/mounts/1/uidMappings/0/size", "0"},
    {"/linux/namespaces/2/type", "\"pid\""},
    {"/linux/namespaces/3", "", "/hostname"},
    {"/linux/namespaces/1/path", "\"netns/a\""},
    {"/linux/namespaces/5", "", "/linux/uidMappings"},
    {"/linux/namespaces/7", "", "/linux/timeOffsets"},
    {"/linux/namespaces/7/path", "\"/proc/1/ns/time\"", "/linux/timeOffsets"},
    {"/linux/namespaces/4", "", "/linux/maskedPaths"},
    {"/linux/namespaces/1", "", "/linux/netDevices"},
    {"/linux/namespaces/1/path", "\"/proc/1/ns/net\"", "/linux/netDevices"},
    {"/linux/namespaces/2", "", "/linux/sysctl/kernel.msgmax"},
    {"/linux/gidMappings", "", "/linux/uidMappings"},
    {"/linux/uidMappings/1/containerID", "0", "/linux/uidMappings/1"},
    {"/linux/uidMappings/1/hostID", "1000", "/linux/uidMappings/1"},
    {"/linux/uidMappings/1/size", "4294967295"},
    {"/linux/uidMappings/0/size", "0"},
    {"/linux/timeOffsets/boottime/nanosecs", "1000000000"},
    {"/linux/devices/0/path", "\"dev/fuse\""},
    {"/linux/devices/0/path", "\"/dev/../fuse\""},
    {"/linux/devices/0/major", "4096"},
    {"/linux/devices/0/minor", "1048576"},
    {"/linux/devices/1/path", "\"/dev/fuse\""},
    {"/linux/devices/0/fileMode", "67108864"},
    {"/linux/netDevices/eth1/name", "\"a/b\""},
    {"/linux/netDevices/eth1/name", "\"longer-than-fifteen\""},
    {"/linux/netDevices/eth1/name", "\"eth%d%d\""},
    {"/linux/netDevices/eth1/name", "\"eth2\"", "/linux/netDevices/eth2"},
    {"/linux/cgroupsPath", "\"/a/../../b\""},
    {"/linux/intelRdt/closID", "\"..\""},
    {"/linux/intelRdt/closID", "\"a/b\""},
    {"/linux/intelRdt/schemata/0", "\"a\\nb\""},
    {"/linux/intelRdt/memBwSchema", "\"0=20\""},
    {"/linux/memoryPolicy/mode", "\"MPOL_LOCAL\"", "/linux/memoryPolicy/nodes"},
    {"/linux/memoryPolicy/nodes", "\"\""},
    {"/linux/memoryPolicy/flags", "[\"MPOL_F_STATIC_NODES\", \"MPOL_F_RELATIVE_NODES\"]"},
    {"/linux/personality/flags", "[\"X\"]", "/linux/personality/flags/0"},
    {"/linux/maskedPaths/0", "\"proc/kcore\""},
    {"/linux/readonlyPaths/0", "\"\""},
    {"/linux/sysctl/vm.swappiness", "\"1\""},
    {"/linux/sysctl/kernel.hostname", "\"x\""},
    {"/linux/sysctl/net.ipv4...x", "\"1\""},
    {"/linux/sysctl/net.x~1..~1..~1kernel~1core_pattern", "\"1\""},
    {"/linux/resources/memory/limit", "-2"},
    {"/linux/resources/memory/swap", "1000"},
    {"/linux/resources/memory/limit", "-1", "/linux/resources/memory/swap"},
    {"/linux/resources/memory/swappiness", "101"},
    {"/linux/resources/cpu/burst", "100001"},
    {"/linux/resources/cpu/period", "999"},
    {"/linux/resources/cpu/period", "1000001"},
    {"/linux/resources/cpu/realtimeRuntime", "1001"},
    {"/linux/resources/cpu/cpus", "\"0-\""},
    {"/linux/resources/cpu/mems", "\"a\""},
    {"/linux/resources/cpu/idle", "2"},
    {"/linux/resources/blockIO/weight", "9"},
    {"/linux/resources/blockIO/leafWeight", "1001"},
    {"/linux/resources/blockIO/weightDevice/0", "{\"major\": 8, \"minor\": 0}"},
    {"/linux/resources/blockIO/throttleReadBpsDevice/0/major", "4096"},
    {"/linux/resources/hugepageLimits/0/pageSize", "\"2mb\""},
    {"/linux/resources/hugepageLimits/0/pageSize", "\"02MB\""},
    {"/linux/resources/hugepageLimits/1/pageSize", "\"2MB\""},
    {"/linux/resources/network/priorities/0/name", "\"eth0 1\\nlo\""},
    {"/linux/resources/rdma/rxe3", "{}"},
    {"/linux/resources/unified/..~1..~1x", "\"1\""},
    {"/linux/resources/unified/a~1memory.max", "\"1\""},
    {"/linux/resources/unified/..", "\"1\""},
    {"/linux/resources/devices/1/major", "4096"},
    {"/linux/seccomp/defaultAction", "\"SCMP_ACT_ALLOW\"", "/linux/seccomp/defaultErrnoRet"},
    {"/linux/seccomp/defaultErrnoRet", "4096"},
    {"/linux/seccomp/syscalls/0/errnoRet", "1"},
    {"/linux/seccomp/syscalls/2/errnoRet", "5000"},
    {"/linux/seccomp/syscalls/0/names", "[]"},
    {"/linux/seccomp/syscalls/0/names/1", "\"\""},
    {"/linux/seccomp/syscalls/2/args/0/index", "6"},
    {"/linux/seccomp/syscalls/1/names", "[\"mount\", \"write\"]",
     "/linux/seccomp/syscalls/1/names/1"},
    {"/hooks/prestart/0/path", "\"bin/pre\""},
    {"/hooks/createRuntime/0/timeout", "0"},
    {"/hooks/createRuntime/0/timeout", "-1"},
    {"/annotations/", "\"x\""},
    {"/annotations/org.systemd.property.A=b", "\"1\""},
    {"/hostname", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""},
};

// Faults that have a consequence of their own elsewhere: those too are right, and expected.
std::vector<std::string> also_expected(std::string_view found) {
    if (found == "/hostname") return {"/domainname", "/linux/sysctl/kernel.domainname"};
    if (found == "/linux/uidMappings")
        return {"/linux/gidMappings", "/linux/sysctl/user.max_user_namespaces"};
    if (found == "/linux/maskedPaths") return {"/linux/readonlyPaths"};
    if (found == "/linux/netDevices")
        return {"/linux/sysctl/net.ipv4.ip_forward",
                "/linux/sysctl/net~1ipv4~1conf~1a.b~1rp_filter"};
    if (found == "/linux/namespaces/2/type") return {"/linux/sysctl/kernel.msgmax"};
    if (found == "/mounts/2/type") return {"/mounts/2/options"};
    if (found == "/linux/seccomp/listenerPath") return {"/linux/seccomp/listenerMetadata"};
    return {};
}

void check_found(const Fault& fault) {
    CAPTURE(fault.place, fault.value);
    const std::string expected = *fault.found == '\0' ? fault.place : fault.found;
    const auto allowed = also_expected(expected);
    std::vector<std::string> found;
    bool at_its_place = false;
    for (const Diagnostic& one : checked_config(broken(fault)).diagnostics.errors()) {
        if (one.pointer == expected && !at_its_place)
            at_its_place = true;
        else if (std::ranges::find(allowed, one.pointer) == allowed.end())
            found.push_back(describe(one));
    }
    CHECK(at_its_place);
    CHECK(found == std::vector<std::string>{});
}

TEST_CASE("a value of the wrong type is found at its place") {
    for (const Fault& fault : kWrongTypes) check_found(fault);
}

TEST_CASE("a value that is missing is found at its place") {
    for (const Fault& fault : kMissing) check_found(fault);
}

TEST_CASE("a word that is not known is found at its place") {
    for (const Fault& fault : kWrongWords) check_found(fault);
}

TEST_CASE("a broken rule is found at its place") {
    for (const Fault& fault : kBrokenRules) check_found(fault);
}

TEST_CASE("there are two hundred faults and more") {
    CHECK(std::size(kWrongTypes) + std::size(kMissing) + std::size(kWrongWords) +
              std::size(kBrokenRules) >
          200);
}

}  // namespace
}  // namespace crux::oci
