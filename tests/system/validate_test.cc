// crux validate on whole files: every error with its pointer, several together, and the effect of
// each property on this host.

#include "oci-spec/fault_table_test.h"
#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/runs.h"

#include <algorithm>
#include <set>
#include <span>

namespace crux::test {
namespace {

using nlohmann::json;
using oci::test::Fault;

/// The parsed output of validate for this text; checks that it agrees with the exit code.
json validated(Bundle& bundle, const std::string& text, const std::vector<std::string>& more = {}) {
    bundle.write_raw(text);
    std::vector<std::string> words = {crux_program(), "validate", "--format",
                                      "json",         "--bundle", bundle.path()};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(words);
    json found = json::parse(outcome.out, nullptr, false);
    INFO(outcome.describe());
    REQUIRE(found.is_object());
    CHECK(outcome.ok() == found.at("valid").get<bool>());
    return found;
}

TEST_CASE("validate finds each of two hundred errors at its pointer and no other") {
    Bundle bundle;
    const HostSnapshot before = HostSnapshot::take();
    CHECK(validated(bundle, oci::test::kFullConfig).at("errors") == json::array());
    std::size_t count = 0;
    const auto check_all = [&](std::span<const Fault> faults) {
        for (const Fault& fault : faults) {
            ++count;
            const std::string expected = *fault.found == '\0' ? fault.place : fault.found;
            const auto allowed = oci::test::also_expected(expected);
            std::vector<std::string> others;
            bool at_its_place = false;
            const json found = validated(bundle, oci::test::broken(fault));
            for (const json& one : found.at("errors")) {
                const std::string pointer = one.at("pointer");
                if (pointer == expected && !at_its_place)
                    at_its_place = true;
                else if (std::ranges::find(allowed, pointer) == allowed.end())
                    others.push_back(pointer);
            }
            CAPTURE(fault.place, fault.value);
            CHECK(at_its_place);
            CHECK(others == std::vector<std::string>{});
        }
    };
    check_all(oci::test::kWrongTypes);
    check_all(oci::test::kMissing);
    check_all(oci::test::kWrongWords);
    check_all(oci::test::kBrokenRules);
    CHECK(count >= 200);
    CHECK(before.changes_until(HostSnapshot::take()) == "");
}

TEST_CASE("three errors in one file are all reported, and create changes nothing") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/cwd", "relative")
        .set("/linux/namespaces/-", {{"type", "pid"}})
        .set("/process/rlimits/-", {{"type", "RLIMIT_NOFILE"}, {"hard", 1}, {"soft", 1}});
    const json errors = validated(bundle, bundle.config().dump()).at("errors");
    CHECK(errors.size() == 3);
    Container container(bundle);
    container.global_options = bare_errors();
    const Outcome outcome = container.create();
    for (const json& one : errors)
        CHECK_THAT(outcome.err, Catch::Contains(one.at("pointer").get<std::string>()));
}

TEST_CASE("validate --strict counts warnings, checks the host and reports each property") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    json config = bundle.config();
    const json good = validated(bundle, config.dump(), {"--strict"});
    CHECK(good.at("valid") == true);
    std::set<std::string> applied;
    for (const json& one : good.at("properties")) {
        CHECK(one.at("treatment") == "applied");
        applied.insert(one.at("pointer").get<std::string>());
    }
    for (const char* some : {"/ociVersion", "/process/args", "/mounts/1/options", "/root/readonly",
                             "/linux/namespaces/0/type", "/linux/maskedPaths"})
        CHECK(applied.count(some) == 1);

    config["process"]["commandLine"] = "x";
    config["unknownThing"] = {{"deep", 1}};
    CHECK(validated(bundle, config.dump()).at("valid") == true);
    const json warned = validated(bundle, config.dump(), {"--strict"});
    CHECK(warned.at("valid") == false);
    CHECK(warned.at("warnings").size() == 2);
    std::map<std::string, std::string> treatment;
    for (const json& one : warned.at("properties"))
        treatment[one.at("pointer")] = one.at("treatment");
    CHECK(treatment["/process/commandLine"] == "ignored");
    CHECK(treatment["/unknownThing/deep"] == "ignored");
    CHECK(treatment["/process/cwd"] == "applied");
}

TEST_CASE("validate --strict calls applied only what a step of the plan is for") {
    need_root();
    Bundle bundle;
    json config = bundle.config();
    config["annotations"] = {{"org.example.key", "value"}};
    // No node can be made in the host's /dev.
    json& mounts = config["mounts"];
    std::erase_if(mounts.get_ref<json::array_t&>(), [](const json& mount) {
        return mount.at("destination").get<std::string>().starts_with("/dev");
    });
    mounts.push_back(
        {{"destination", "/dev"}, {"source", "/dev"}, {"options", json::array({"rbind"})}});
    config["linux"]["devices"] =
        json::array({{{"path", "/dev/crux"}, {"type", "c"}, {"major", 1}, {"minor", 3}}});
    const json found = validated(bundle, config.dump(), {"--strict"});
    std::map<std::string, std::string> treatment;
    for (const json& one : found.at("properties"))
        treatment[one.at("pointer")] = one.at("treatment");
    CHECK(treatment["/annotations/org.example.key"] == "kept");
    CHECK(treatment["/linux/devices/0/path"] == "ignored");
    CHECK(treatment["/mounts/0/destination"] == "applied");
    CHECK(treatment["/process/args"] == "applied");
}

TEST_CASE("validate --strict reports what this host does not support") {
    need_root();
    if (read_file("/proc/self/mountinfo").find(" - resctrl ") != std::string::npos)
        skip("resctrl is mounted here");
    Bundle bundle;
    json config = bundle.config();
    config["process"]["selinuxLabel"] = "a:b:c:d";
    if (access("/sys/fs/selinux/enforce", F_OK) == 0) skip("SELinux is active");
    CHECK(validated(bundle, config.dump()).at("valid") == true);
    const json found = validated(bundle, config.dump(), {"--strict"});
    CHECK(found.at("valid") == false);
    CHECK(found.at("errors").at(0).at("pointer") == "/process/selinuxLabel");
}

TEST_CASE("validate suggests the right name for a misspelled one of each vocabulary") {
    Bundle bundle;
    const struct {
        const char* pointer;
        json value;
        const char* at;
        const char* meant;
    } rows[] = {
        {"/linux/namespaces/0/type", "pdi", "/linux/namespaces/0/type", "pid"},
        {"/process/capabilities/bounding",
         {"CAP_SYS_ADMN"},
         "/process/capabilities/bounding/0",
         "CAP_SYS_ADMIN"},
        {"/process/rlimits/0",
         {{"type", "RLIMIT_NOFIEL"}, {"soft", 1}, {"hard", 1}},
         "/process/rlimits/0/type",
         "RLIMIT_NOFILE"},
        {"/mounts/0",
         {{"destination", "/x"}, {"source", "/tmp"}, {"options", {"bind", "roo"}}},
         "/mounts/0/options/1",
         "ro"},
        {"/linux/seccomp/defaultAction", "SCMP_ACT_ALOW", "/linux/seccomp/defaultAction",
         "SCMP_ACT_ALLOW"},
        {"/linux/seccomp",
         {{"defaultAction", "SCMP_ACT_ALLOW"}, {"architectures", {"SCMP_ARCH_X86-64"}}},
         "/linux/seccomp/architectures/0",
         "SCMP_ARCH_X86_64"},
        {"/linux/seccomp",
         {{"defaultAction", "SCMP_ACT_ALLOW"}, {"flags", {"SECCOMP_FILTER_FLAG_LGO"}}},
         "/linux/seccomp/flags/0",
         "SECCOMP_FILTER_FLAG_LOG"},
        {"/hooks", {{"poststrat", json::array()}}, "/hooks/poststrat", "poststart"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.pointer, row.meant);
        json config = bundle.config();
        config[json::json_pointer(row.pointer)] = row.value;
        const json found = validated(bundle, config.dump());
        const std::string end = std::string("(did you mean \"") + row.meant + "\"?)";
        bool suggested = false;
        for (const char* kind : {"errors", "warnings"})
            for (const json& fault : found.at(kind))
                suggested |= fault.at("pointer") == row.at &&
                             fault.at("text").get<std::string>().ends_with(end);
        INFO(found.dump(1));
        CHECK(suggested);
    }
}

TEST_CASE("validate --strict suggests the right name for a misspelled system call") {
    need_root();
    Bundle bundle;
    json config = bundle.config();
    config["linux"]["seccomp"] = {
        {"defaultAction", "SCMP_ACT_ALLOW"},
        {"syscalls", {{{"names", {"opnat", "no_such_call"}}, {"action", "SCMP_ACT_ERRNO"}}}}};
    const json found = validated(bundle, config.dump(), {"--strict"});
    REQUIRE(found.at("warnings").size() == 1);
    CHECK(found.at("warnings").at(0).at("text") ==
          "libseccomp does not know, and leaves out: opnat (did you mean \"openat\"?), "
          "no_such_call");
}

TEST_CASE("validate without --format json has a line a fault, and a line a property if strict") {
    Bundle bundle;
    bundle.set("/process/commandLine", "x").set("/process/cwd", "relative").write();
    const Outcome plain = run({crux_program(), "validate", "--bundle", bundle.path()});
    CHECK(plain.status == 1);
    CHECK_THAT(plain.out, Catch::Contains("error: /process/cwd: ") &&
                              Catch::Contains("warning: /process/commandLine: "));
    const Outcome strict = run({crux_program(), "validate", "--strict", "--bundle", bundle.path()});
    CHECK_THAT(strict.out, Catch::Contains("\nignored: /process/commandLine: is for Windows") &&
                               Catch::Contains("\napplied: /process/args\n"));
}

}  // namespace
}  // namespace crux::test
