#include "oci-spec/features.h"

#include <nlohmann/json.hpp>

#include "oci-spec/parsers.h"
#include "oci-spec/rules.h"
#include "oci-spec/runc/template.h"
#include "oci-spec/semver.h"
#include "tests/support/catch.h"

namespace crux::oci {
namespace {

using nlohmann::json;

json features() {
    return json::parse(features_json({.version = "0.1.0", .libseccomp_version = "2.5.4"}));
}

TEST_CASE("features has the specification's keys in its order") {
    const std::string text = features_json({.version = "0.1.0"});
    CHECK_THAT(text,
               Catch::StartsWith("{\n    \"ociVersionMin\": \"1.0.0\",\n    \"ociVersionMax\": "
                                 "\"1.3.0\",\n    \"hooks\": [\n        \"prestart\","));
    CHECK(text.back() == '\n');
    const json document = features();
    CHECK(document["hooks"].size() == 6);
    CHECK(document["linux"]["namespaces"] ==
          json({"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"}));
    CHECK(document["linux"]["cgroup"]["v2"] == true);
    CHECK(document["linux"]["seccomp"]["archs"].size() == 23);
    CHECK(document["linux"]["capabilities"].size() == 41);
    CHECK(document["annotations"]["io.github.seccomp.libseccomp.version"] == "2.5.4");
}

TEST_CASE("every mount option that is listed is understood, and the list is sorted") {
    const auto listed = features()["mountOptions"].get<std::vector<std::string>>();
    CHECK(std::is_sorted(listed.begin(), listed.end()));
    for (const std::string& option : listed) {
        CAPTURE(option);
        CHECK(parse_mount_options({option}).data.empty());
    }
}

TEST_CASE("features reports every part as enabled") {
    const json document = features()["linux"];
    for (const char* part : {"netDevices", "intelRdt", "selinux", "apparmor", "seccomp"})
        CHECK(document[part]["enabled"] == true);
    CHECK(document["intelRdt"]["schemata"] == true);
    CHECK(document["intelRdt"]["monitoring"] == true);
    CHECK(document["mountExtensions"]["idmap"]["enabled"] == true);
    CHECK(document["memoryPolicy"]["modes"].size() == 7);
}

TEST_CASE("filter flags that this libseccomp does not support are known, not supported") {
    const json document = json::parse(
        features_json({.version = "0.1.0", .seccomp_flags = std::vector{SeccompFlag::log}}));
    CHECK(document["linux"]["seccomp"]["supportedFlags"] == json({"SECCOMP_FILTER_FLAG_LOG"}));
    CHECK(document["linux"]["seccomp"]["knownFlags"].size() == 4);
}

TEST_CASE("the template is a valid configuration without a warning") {
    for (const TemplateOptions& options :
         {TemplateOptions{}, TemplateOptions{.cgroup_namespace = true},
          TemplateOptions{.rootless = true, .uid = 1000, .gid = 1001}}) {
        const Parsed parsed = checked_config(config_template(options));
        CHECK(parsed.diagnostics.all().empty());
    }
}

TEST_CASE("the template is indented by tabs, without a newline at the end") {
    const std::string text = config_template({});
    CHECK_THAT(text, Catch::StartsWith("{\n\t\"ociVersion\": \"1.3.0\",\n\t\"process\": {\n\t\t"
                                       "\"terminal\": true,\n\t\t\"user\": {\n\t\t\t\"uid\": 0,"));
    CHECK_THAT(text, Catch::EndsWith("\n\t}\n}"));
}

TEST_CASE("the rootless template has a user namespace of one id and no limits") {
    const Config config =
        parse_config(config_template({.rootless = true, .uid = 1000, .gid = 1001})).config;
    CHECK(find_namespace(config.linux, NamespaceType::network) == nullptr);
    CHECK(find_namespace(config.linux, NamespaceType::user) != nullptr);
    CHECK(config.linux.uid_mappings == std::vector<IdMapping>{{0, 1000, 1}});
    CHECK(config.linux.gid_mappings == std::vector<IdMapping>{{0, 1001, 1}});
    CHECK(config.linux.resources.devices.empty());
    for (const Mount& mount : config.mounts)
        for (const std::string& option : mount.options) CHECK_FALSE(option.starts_with("gid="));
}

TEST_CASE("versions are SemVer 2.0.0, whole") {
    CHECK(parse_version("1.2.3") == Version{1, 2, 3});
    CHECK(parse_version("1.0.2-dev") == Version{1, 0, 2});
    CHECK(parse_version("1.0.0-rc.1+build.05") == Version{1, 0, 0});
    for (const char* text :
         {"", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.x", "1.0.0-", "1.0.0+", "v1.0.0", "1.0.0-a..b",
          "1.0.0-01", " 1.0.0", "1.0.0 ", "1.0.0-a_b", "-1.0.0", "4294967296.0.0"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_version(text).has_value());
    }
}

}  // namespace
}  // namespace crux::oci
