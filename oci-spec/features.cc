#include "oci-spec/features.h"

#include <algorithm>

#include "oci-spec/config.h"
#include "oci-spec/json_writer.h"
#include "oci-spec/rules.h"
#include "oci-spec/vocabulary.h"

namespace crux::oci {

namespace {

template <class Table>
std::vector<std::string> names(const Table& table) {
    std::vector<std::string> out;
    out.reserve(std::size(table));
    for (const auto& word : table) out.emplace_back(word.name);
    return out;
}

void enabled(JsonWriter& writer, std::string_view property, bool is_enabled) {
    writer.key(property);
    writer.begin_object();
    writer.member("enabled", is_enabled);
    writer.end_object();
}

std::vector<std::string> mount_options() {
    std::vector<std::string> out = names(kPropagations);
    for (const MountOptionWord& word : kMountOptions) out.emplace_back(word.name);
    std::ranges::sort(out);
    return out;
}

void write_cgroup(JsonWriter& writer, const Build& build) {
    writer.key("cgroup");
    writer.begin_object();
    writer.member("v1", true);
    writer.member("v2", true);
    writer.member("systemd", build.systemd);
    writer.member("systemdUser", build.systemd);
    writer.member("rdma", true);
    writer.end_object();
}

void write_seccomp(JsonWriter& writer, const Build& build) {
    std::vector<std::string> supported = names(kSeccompFlags);
    if (build.seccomp_flags) {
        supported.clear();
        for (const SeccompFlag flag : *build.seccomp_flags)
            supported.emplace_back(name_of(kSeccompFlags, flag));
    }
    writer.key("seccomp");
    writer.begin_object();
    writer.member("enabled", true);
    writer.member("actions", names(kSeccompActions));
    writer.member("operators", names(kSeccompOperators));
    writer.member("archs", names(kSeccompArchs));
    writer.member("knownFlags", names(kSeccompFlags));
    writer.member("supportedFlags", supported);
    writer.end_object();
}

void write_intel_rdt(JsonWriter& writer) {
    writer.key("intelRdt");
    writer.begin_object();
    writer.member("enabled", true);
    writer.member("schemata", true);
    writer.member("monitoring", true);
    writer.end_object();
}

void write_memory_policy(JsonWriter& writer) {
    writer.key("memoryPolicy");
    writer.begin_object();
    writer.member("modes", names(kMemoryPolicyModes));
    writer.member("flags", names(kMemoryPolicyFlags));
    writer.end_object();
}

void write_linux(JsonWriter& writer, const Build& build) {
    writer.begin_object();
    writer.member("namespaces", names(kNamespaces));
    writer.member("capabilities", capability::all_names());
    write_cgroup(writer, build);
    write_seccomp(writer, build);
    enabled(writer, "apparmor", true);
    enabled(writer, "selinux", true);
    write_intel_rdt(writer);
    write_memory_policy(writer);
    writer.key("mountExtensions");
    writer.begin_object();
    enabled(writer, "idmap", true);
    writer.end_object();
    enabled(writer, "netDevices", true);
    writer.end_object();
}

StringMap annotations(const Build& build) {
    StringMap out;
    if (!build.libseccomp_version.empty())
        out.emplace_back("io.github.seccomp.libseccomp.version", build.libseccomp_version);
    if (!build.commit.empty()) out.emplace_back("org.cruxruntime.commit", build.commit);
    out.emplace_back("org.cruxruntime.version", build.version);
    // Callers read this key of every runtime that is compatible with runc.
    out.emplace_back("org.opencontainers.runc.checkpoint.enabled",
                     build.checkpoint ? "true" : "false");
    return out;
}

}  // namespace

std::string features_json(const Build& build) {
    JsonWriter writer("    ");
    writer.begin_object();
    writer.member("ociVersionMin", "1.0.0");
    writer.member("ociVersionMax", kSpecVersion);
    writer.member("hooks", names(kHooks));
    writer.member("mountOptions", mount_options());
    writer.key("linux");
    write_linux(writer, build);
    writer.member("annotations", annotations(build));
    writer.member(
        "potentiallyUnsafeConfigAnnotations",
        std::vector<std::string>{"bundle", "org.systemd.property.", "run.oci.systemd.subgroup",
                                 "org.criu.config", "org.cruxruntime."});
    writer.end_object();
    return writer.take() + '\n';
}

}  // namespace crux::oci
