#include "oci-spec/vocabulary.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <set>

#include "tests/support/catch.h"

namespace crux::oci {
namespace {

// Each name maps to its value, and the first name of the value maps to the value again.
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

TEST_CASE("every table maps both ways and has no duplicates") {
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

/// The name with its last two letters swapped, or the last one twice where they are equal.
std::string misspelled(std::string_view name) {
    std::string out(name);
    if (out.size() < 2 || out.back() == out[out.size() - 2]) return out + out.back();
    std::swap(out.back(), out[out.size() - 2]);
    return out;
}

/// The misspellings for which the table does not suggest the name itself, with a space after each:
/// another name may be as close.
template <class Table>
std::string without_suggestion(const Table& table) {
    const std::vector<std::string_view> names = names_in(table);
    std::string missed;
    for (const std::string_view name : names) {
        const std::string text = misspelled(name);
        const bool known = std::ranges::find(names, text) != names.end();
        if (!known && suggestion(table, text) != did_you_mean(name, std::array{name}))
            missed += text + ' ';
    }
    CHECK(suggestion(table, "no such word, nor any like it").empty());
    return missed;
}

TEST_CASE("every table suggests the name that was misspelled") {
    CHECK(without_suggestion(kNamespaces).empty());
    CHECK(without_suggestion(kMountOptions).empty());
    CHECK(without_suggestion(kPropagations).empty());
    CHECK(without_suggestion(kRlimits).empty());
    CHECK(without_suggestion(kSchedulerPolicies).empty());
    CHECK(without_suggestion(kSchedulerFlags).empty());
    CHECK(without_suggestion(kIoPriorityClasses).empty());
    CHECK(without_suggestion(kHooks).empty());
    CHECK(without_suggestion(kMemoryPolicyModes).empty());
    CHECK(without_suggestion(kMemoryPolicyFlags).empty());
    CHECK(without_suggestion(kPersonalityDomains).empty());
    CHECK(without_suggestion(kSeccompActions).empty());
    CHECK(without_suggestion(kSeccompOperators).empty());
    CHECK(without_suggestion(kSeccompArchs).empty());
    CHECK(without_suggestion(kSeccompFlags).empty());
    CHECK(without_suggestion(kSignals).empty());
}

TEST_CASE("capabilities, mount options and signals are suggested in their usual spelling") {
    for (const std::string& name : capability::all_names()) {
        CAPTURE(name);
        CHECK(capability_suggestion(misspelled(name)) == " (did you mean \"" + name + "\"?)");
        CHECK(capability_suggestion(name.substr(4)) == " (did you mean \"" + name + "\"?)");
    }
    CHECK(mount_option_suggestion("roo") == " (did you mean \"ro\"?)");
    CHECK(mount_option_suggestion("rprivte") == " (did you mean \"rprivate\"?)");
    CHECK(mount_option_suggestion("mode=700").empty());
    CHECK(signal_suggestion("TEMR") == " (did you mean \"TERM\"?)");
    CHECK(signal_suggestion("sigtemr") == " (did you mean \"SIGTERM\"?)");
    CHECK(signal_suggestion("SIGRTMN") == " (did you mean \"SIGRTMIN\"?)");
    CHECK(signal_suggestion("FOO").empty());
    CHECK(signal_suggestion("").empty());
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
