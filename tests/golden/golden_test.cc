#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "oci-spec/config.h"
#include "oci-spec/rules.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/explain.h"
#include "tests/support/catch.h"

// Golden plans: the input is a configuration and facts about a host, the output the text of `crux
// explain`. Each directory is a case: config.json, or patch.json (a JSON merge patch, RFC 7386, to
// base.json); facts.json, which names a file in hosts/ and the differences from it; and plan.txt,
// the expected output. With CRUX_UPDATE_GOLDEN=1 in the environment plan.txt is rewritten; review
// it before the commit.

namespace {

using nlohmann::json;
using namespace crux;

const std::filesystem::path kFolder = CRUX_GOLDEN_FOLDER;

std::string read_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

json read_json(const std::filesystem::path& path) {
    INFO(path);
    return json::parse(read_text(path));
}

host::CgroupMode mode_of(const std::string& name) {
    if (name == "v1") return host::CgroupMode::v1;
    if (name == "hybrid") return host::CgroupMode::hybrid;
    if (name == "v2") return host::CgroupMode::v2;
    return host::CgroupMode::none;
}

host::Facts facts_of(const json& from) {
    host::Facts facts;
    facts.kernel = {from.at("kernel")[0], from.at("kernel")[1]};
    facts.uid = from.value("uid", 0U);
    facts.gid = from.value("gid", 0U);
    facts.in_user_namespace = from.value("in_user_namespace", false);
    facts.setgroups_denied = from.value("setgroups_denied", false);
    facts.apparmor = from.value("apparmor", false);
    facts.selinux = from.value("selinux", false);
    facts.kcore = from.value("kcore", true);
    facts.cgroup.mode = mode_of(from.at("cgroup_mode"));
    for (const json& entry : from.at("hierarchies")) {
        host::CgroupHierarchy hierarchy;
        hierarchy.version = entry.at("version");
        hierarchy.controllers = entry.at("controllers").get<std::vector<std::string>>();
        hierarchy.mountpoint = entry.at("mountpoint");
        hierarchy.own_path = "/caller";
        hierarchy.own_directory = hierarchy.mountpoint + "/caller";
        facts.cgroup.hierarchies.push_back(std::move(hierarchy));
    }
    return facts;
}

/// The files of a case.
struct Case {
    json config;
    json options;
    host::Facts facts;
};

Case read_case(const std::filesystem::path& folder) {
    Case read;
    if (std::filesystem::exists(folder / "config.json")) {
        read.config = read_json(folder / "config.json");
    } else {
        read.config = read_json(kFolder / "base.json");
        read.config.merge_patch(read_json(folder / "patch.json"));
    }
    const json facts = read_json(folder / "facts.json");
    json host = read_json(kFolder / "hosts" / (facts.at("host").get<std::string>() + ".json"));
    host.merge_patch(facts.value("facts", json::object()));
    read.facts = facts_of(host);
    read.options = facts.value("options", json::object());
    return read;
}

/// Represents a compiled filter: as many instructions as the option requests.
std::vector<std::uint64_t> filter_of(const json& options) {
    return std::vector<std::uint64_t>(options.value("filter", 0U), 0x7fff000000000006U);
}

Result<plan::Plan> build_create(const Case& given, const oci::Config& config) {
    const json& options = given.options;
    plan::Inputs inputs;
    inputs.config = &config;
    inputs.facts = &given.facts;
    inputs.id = "demo";
    inputs.bundle = "/bundle";
    inputs.rootfs = "/bundle/rootfs";
    const std::vector<std::uint64_t> filter = filter_of(options);
    inputs.seccomp_program = filter;
    inputs.seccomp_flags = options.value("filter_flags", 0U);
    if (options.value("cgroup", true)) {
        inputs.cgroup =
            TRY(cgroup::dirs_for(given.facts.cgroup, config.linux.cgroups_path, inputs.id));
        cgroup::LimitsOptions limits;
        limits.unprivileged = given.facts.in_user_namespace || given.facts.uid != 0;
        inputs.limits = TRY(cgroup::limits_for(config.linux.resources, inputs.cgroup, limits));
    }
    inputs.no_pivot = options.value("no_pivot", false);
    inputs.no_new_keyring = options.value("no_new_keyring", false);
    inputs.preserve_fds = options.value("preserve_fds", 0U);
    inputs.listen_fds = options.value("listen_fds", 0U);
    inputs.console_socket = options.value("console_socket", "");
    inputs.foreground_terminal = options.value("foreground_terminal", false);
    return plan::build(inputs);
}

Result<plan::Plan> build_exec(const Case& given, const oci::Config& config) {
    const json& options = given.options;
    const oci::ParsedProcess parsed = oci::parse_process(options.at("exec").dump());
    REQUIRE_FALSE(parsed.diagnostics.has_errors());
    plan::ExecInputs inputs;
    inputs.process = &parsed.process;
    inputs.config = &config;
    inputs.facts = &given.facts;
    inputs.id = "demo";
    inputs.rootfs = "/bundle/rootfs";
    for (const oci::Namespace& entry : config.linux.namespaces)
        inputs.namespaces.push_back(entry.type);
    inputs.own_user_namespace =
        oci::find_namespace(config.linux, oci::NamespaceType::user) != nullptr;
    const std::vector<std::uint64_t> filter = filter_of(options);
    inputs.seccomp_program = filter;
    inputs.cgroup = TRY(cgroup::dirs_for(given.facts.cgroup, config.linux.cgroups_path, inputs.id));
    inputs.preserve_fds = options.value("preserve_fds", 0U);
    inputs.console_socket = options.value("console_socket", "");
    return plan::build_exec(inputs);
}

Result<plan::Plan> plan_of(const Case& given) {
    const oci::Parsed parsed = oci::checked_config(given.config.dump());
    for (const oci::Diagnostic& fault : parsed.diagnostics.errors()) FAIL(oci::describe(fault));
    return given.options.contains("exec") ? build_exec(given, parsed.config)
                                          : build_create(given, parsed.config);
}

std::string text_of(const Result<plan::Plan>& plan) {
    return plan ? plan::explain_text(*plan) : cat("error: ", plan.error().message(), '\n');
}

std::vector<std::filesystem::path> case_folders() {
    std::vector<std::filesystem::path> folders;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder))
        if (entry.is_directory() && entry.path().filename() != "hosts")
            folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    return folders;
}

/// The first line that differs, with its number.
std::string difference(const std::string& wanted, const std::string& got) {
    const auto left = split(wanted, '\n');
    const auto right = split(got, '\n');
    for (std::size_t line = 0; line < std::max(left.size(), right.size()); ++line) {
        const std::string_view before = line < left.size() ? left[line] : "(nothing)";
        const std::string_view after = line < right.size() ? right[line] : "(nothing)";
        if (before != after)
            return cat("line ", line + 1, "\n  wanted: ", before, "\n  got:    ", after);
    }
    return {};
}

}  // namespace

TEST_CASE("plans match their golden texts") {
    const bool update = std::getenv("CRUX_UPDATE_GOLDEN") != nullptr;
    const auto folders = case_folders();
    REQUIRE(folders.size() >= 35);
    for (const auto& folder : folders) {
        INFO("case " << folder.filename().string());
        const Case given = read_case(folder);
        const std::string got = text_of(plan_of(given));
        if (update) {
            std::ofstream(folder / "plan.txt", std::ios::binary) << got;
            continue;
        }
        const std::string wanted = read_text(folder / "plan.txt");
        INFO(difference(wanted, got));
        CHECK(wanted == got);
    }
}

TEST_CASE("the JSON of a plan is valid and tells the same steps as its text") {
    for (const auto& folder : case_folders()) {
        INFO("case " << folder.filename().string());
        const auto plan = plan_of(read_case(folder));
        if (!plan) continue;
        const json told = json::parse(plan::explain_json(*plan));
        REQUIRE(told.at("id") == "demo");
        std::size_t by_init = 0;
        for (const json& step : told.at("steps")) {
            by_init += step.at("side") == "init" ? 1U : 0U;
            CHECK_FALSE(step.at("why").get<std::string>().empty());
            CHECK_FALSE(step.at("facility").get<std::string>().empty());
        }
        CHECK(by_init == plan->steps().size());
    }
}
