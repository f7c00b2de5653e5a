#include "oci-spec/vocabulary.h"

#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <csignal>
#include <set>

#include "tests/support/catch.h"

namespace crux::oci {
namespace {

// Each name gives its value, and the value's first name gives the value again.
template <class Table>
void check_both_ways(const Table& table) {
    std::set<std::string_view> names;
    for (const auto& word : table) {
        CAPTURE(word.name);
        CHECK(names.insert(word.name).second);
        REQUIRE(value_of(table, word.name).has_value());
        CHECK(*value_of(table, word.name) == word.value);
        CHECK(*value_of(table, name_of(table, word.value)) == word.value);
    }
    CHECK_FALSE(value_of(table, "").has_value());
    CHECK_FALSE(value_of(table, "no such word").has_value());
}

TEST_CASE("every table answers both ways and names nothing twice") {
    check_both_ways(kNamespaces);
    check_both_ways(kPropagations);
    check_both_ways(kRlimits);
    check_both_ways(kSchedulerPolicies);
    check_both_ways(kSchedulerFlags);
    check_both_ways(kIoPriorityClasses);
    check_both_ways(kHooks);
    check_both_ways(kDeviceNodeTypes);
    check_both_ways(kDeviceRuleTypes);
    check_both_ways(kDeviceAccesses);
    check_both_ways(kMemoryPolicyModes);
    check_both_ways(kMemoryPolicyFlags);
    check_both_ways(kPersonalityDomains);
    check_both_ways(kSeccompActions);
    check_both_ways(kSeccompOperators);
    check_both_ways(kSeccompArchs);
    check_both_ways(kSeccompFlags);
    check_both_ways(kSignals);
}

TEST_CASE("the sizes are those of the specification") {
    CHECK(kNamespaces.size() == 8);
    CHECK(kMountOptions.size() + kPropagations.size() == 62);
    CHECK(kSeccompActions.size() == 9);
    CHECK(kSeccompOperators.size() == 7);
    CHECK(kSeccompArchs.size() == 23);
    CHECK(kSeccompFlags.size() == 4);
    CHECK(kHooks.size() == 6);
    CHECK(kSchedulerPolicies.size() == 7);
    CHECK(kSchedulerFlags.size() == 7);
}

TEST_CASE("the numbers are the kernel's") {
    CHECK(namespace_word(NamespaceType::pid).clone_flag == CLONE_NEWPID);
    CHECK(namespace_word(NamespaceType::network).clone_flag == CLONE_NEWNET);
    CHECK(namespace_word(NamespaceType::mount).clone_flag == CLONE_NEWNS);
    CHECK(namespace_word(NamespaceType::ipc).clone_flag == CLONE_NEWIPC);
    CHECK(namespace_word(NamespaceType::uts).clone_flag == CLONE_NEWUTS);
    CHECK(namespace_word(NamespaceType::user).clone_flag == CLONE_NEWUSER);
    CHECK(namespace_word(NamespaceType::cgroup).clone_flag == CLONE_NEWCGROUP);
    CHECK(namespace_word(NamespaceType::time).clone_flag == CLONE_NEWTIME);
    CHECK(kMsSynchronous == MS_SYNCHRONOUS);
    CHECK(kMsDirsync == MS_DIRSYNC);
    CHECK(kMsMandlock == MS_MANDLOCK);
    CHECK(kMsSilent == MS_SILENT);
    CHECK(kMsIVersion == MS_I_VERSION);
    CHECK(kMsLazytime == (1U << 25U));
    CHECK(static_cast<int>(RlimitType::nofile) == RLIMIT_NOFILE);
    CHECK(static_cast<int>(RlimitType::rttime) == RLIMIT_RTTIME);
    CHECK(static_cast<int>(RlimitType::as) == RLIMIT_AS);
    CHECK(capability_number("CAP_SYS_ADMIN") == unsigned{CAP_SYS_ADMIN});
    CHECK(capability_number("CAP_CHECKPOINT_RESTORE") == unsigned{CAP_CHECKPOINT_RESTORE});
    CHECK(kCapabilities.size() == CAP_LAST_CAP + 1);
    CHECK(static_cast<unsigned>(SeccompFlag::spec_allow) == SECCOMP_FILTER_FLAG_SPEC_ALLOW);
    CHECK(static_cast<unsigned>(SeccompFlag::wait_killable_recv) ==
          SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
    CHECK(static_cast<int>(SchedulerPolicy::deadline) == SCHED_DEADLINE);
    CHECK(value_of(kSignals, "SIGWINCH") == SIGWINCH);
    CHECK(value_of(kSignals, "SIGSYS") == SIGSYS);
    CHECK(SIGRTMIN == kSignalRealtimeMin);
}

TEST_CASE("signals are given by number or by name, in any case, with or without SIG") {
    struct Row {
        const char* text;
        std::optional<int> number;
    };
    const auto row = GENERATE(
        Row{"9", 9}, Row{"0", 0}, Row{"64", 64}, Row{"65", std::nullopt}, Row{"KILL", 9},
        Row{"SIGKILL", 9}, Row{"sigkill", 9}, Row{"Term", 15}, Row{"cld", 17}, Row{"iot", 6},
        Row{"RTMIN", 34}, Row{"sigrtmin+3", 37}, Row{"RTMAX", 64}, Row{"RTMAX-14", 50},
        Row{"RTMIN+30", 64}, Row{"RTMIN+31", std::nullopt}, Row{"RTMIN-1", std::nullopt},
        Row{"RTMIN+", std::nullopt}, Row{"RTMIN+-1", std::nullopt}, Row{"RTMAX+1", std::nullopt},
        Row{"", std::nullopt}, Row{"SIG", std::nullopt}, Row{"-9", std::nullopt},
        Row{"+9", std::nullopt}, Row{" 9", std::nullopt}, Row{"9x", std::nullopt},
        Row{"0x9", std::nullopt}, Row{"SIGSIGKILL", std::nullopt},
        Row{"99999999999999999999", std::nullopt}, Row{"FOO", std::nullopt});
    CAPTURE(row.text);
    CHECK(parse_signal(row.text) == row.number);
}

TEST_CASE("lists of numbers are read whole or not at all") {
    struct Row {
        const char* text;
        std::optional<Ranges> ranges;
    };
    const auto row = GENERATE(
        Row{"", Ranges{}}, Row{"\n", Ranges{}}, Row{"0", Ranges{{0, 0}}},
        Row{"0-3,7", Ranges{{0, 3}, {7, 7}}}, Row{"7,0-1\n", Ranges{{7, 7}, {0, 1}}},
        Row{"3-1", std::nullopt}, Row{"1,", std::nullopt}, Row{",1", std::nullopt},
        Row{"1-", std::nullopt}, Row{"-1", std::nullopt}, Row{"1 ", std::nullopt},
        Row{"0-2:1/2", std::nullopt}, Row{"1048576", Ranges{{1048576, 1048576}}},
        Row{"1048577", std::nullopt}, Row{"0-4294967296", std::nullopt}, Row{"a", std::nullopt});
    CAPTURE(row.text);
    CHECK(parse_ranges(row.text) == row.ranges);
    CHECK(ranges_text({{0, 3}, {7, 7}}) == "0-3,7");
}

}  // namespace
}  // namespace crux::oci
