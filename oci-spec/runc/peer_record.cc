#include "oci-spec/runc/peer_record.h"

#include <algorithm>

#include "oci-spec/reader.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

constexpr std::string_view kBundleLabel = "bundle=";

void read_labels(const Reader& r, ContainerRecord& out) {
    for (const std::string& label : r.strings()) {
        const std::size_t sign = label.find('=');
        if (sign == std::string::npos) continue;
        if (label.starts_with(kBundleLabel))
            out.bundle = label.substr(kBundleLabel.size());
        else
            out.annotations.emplace_back(label.substr(0, sign), label.substr(sign + 1));
    }
}

/// The unit of a container whose cgroup systemd manages, as runc names it.
std::string unit_name(const Reader& cgroups) {
    std::string name = cgroups["name"].string();
    if (name.ends_with(".slice")) return name;
    const std::string prefix = cgroups["scope_prefix"].string();
    return prefix.empty() ? cat(name, ".scope") : cat(prefix, '-', name, ".scope");
}

Hook read_hook(const Reader& r) {
    Hook hook;
    hook.path = r["path"].required_string();
    hook.args = r["args"].strings();
    if (const Reader env = r["env"]; env.present()) hook.env = env.strings();
    constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
    const auto nanos = r["timeout"].optional_number<std::int64_t>();
    if (nanos) hook.timeout = std::max<std::int64_t>(*nanos / kNanosPerSecond, 1);
    return hook;
}

/// `namespace_paths` of runc has every type that the kernel knows; the container has its own, or
/// joined one, only for those in its configuration.
void read_namespaces(const Reader& config, const Reader& paths, ContainerRecord& out) {
    const auto configured = config["namespaces"];
    const auto entries = configured.objects([](const Reader& entry) {
        return std::pair(entry["type"].required_word(kRecordNamespaces, "namespace type"),
                         entry["path"].string());
    });
    for (const auto& [type, path] : entries) {
        out.namespace_paths.emplace_back(type, paths[name_of(kRecordNamespaces, type)].string());
        if (type == NamespaceType::pid && path.empty()) out.own_pid_namespace = true;
    }
}

void read_runc_config(const Reader& r, ContainerRecord& out) {
    out.rootfs = r["rootfs"].required_string();
    out.oci_version = r["version"].string();
    out.no_pivot = r["no_pivot_root"].boolean();
    out.no_new_keyring = r["no_new_keyring"].boolean();
    const Reader labels = r["labels"];
    read_labels(labels, out);
    if (out.bundle.empty()) labels.error("has no bundle");
    const Reader cgroups = r["cgroups"];
    out.cgroups_path = cgroups["path"].string();
    // runc's key is "Systemd", and older versions have no other.
    if (cgroups["Systemd"].boolean()) {
        out.cgroup_driver = CgroupDriver::systemd;
        out.systemd_unit = unit_name(cgroups);
    }
    const Reader hooks = r["Hooks"];
    out.poststop = hooks["poststop"].objects(read_hook);
    out.has_poststop = !out.poststop.empty();
}

/// The first process; of a container that is being created there is none yet.
void read_process(const Reader& pid, const Reader& start, ContainerRecord& out) {
    out.init_process_pid = pid.required_number<std::int32_t>();
    if (out.init_process_pid < 0) pid.error("must not be negative");
    out.init_process_start = start.required_number<std::uint64_t>();
    out.status = Status::created;
    out.has_process = true;
}

void read_crun(const Reader& r, ContainerRecord& out) {
    const Reader pid = r["pid"];
    const Reader start = r["process-start-time"];
    read_process(pid, start, out);
    out.rootfs = r["rootfs"].required_string();
    out.bundle = r["bundle"].required_string();
    out.created = r["created"].string();
    out.detached = r["detached"].boolean();
    out.cgroups_path = r["cgroup-path"].string();
    if (!out.cgroups_path.empty() && !out.cgroups_path.starts_with('/'))
        out.cgroups_path.insert(0, "/");
    if (r["systemd-cgroup"].boolean()) {
        out.cgroup_driver = CgroupDriver::systemd;
        out.systemd_unit = r["scope"].string();
    }
}

void use_config(const Config& config, ContainerRecord& out) {
    out.oci_version = config.oci_version;
    out.annotations = config.annotations;
    out.has_poststop = !config.hooks.poststop.empty();
    for (const Namespace& entry : config.linux.namespaces) {
        const std::string own =
            cat("/proc/", out.init_process_pid, "/ns/", namespace_word(entry.type).proc_name);
        out.namespace_paths.emplace_back(entry.type, entry.path.empty() ? own : entry.path);
        if (entry.type == NamespaceType::pid && entry.path.empty()) out.own_pid_namespace = true;
    }
}

}  // namespace

void read_runc(const Reader& r, ContainerRecord& out) {
    out.maker = Maker::runc;
    out.id = r["id"].required_string();
    const Reader pid = r["init_process_pid"];
    const Reader start = r["init_process_start"];
    read_process(pid, start, out);
    out.created = r["created"].string();
    out.rootless = r["rootless"].boolean();
    const Reader config = r["config"];
    read_runc_config(config, out);
    const Reader paths = r["namespace_paths"];
    read_namespaces(config, paths, out);
    out.cgroup_paths = r["cgroup_paths"].string_map();
    out.external_descriptors = r["external_descriptors"].strings();
    out.intel_rdt_path = r["intel_rdt_path"].string();
}

Result<ContainerRecord> read_crun_status(std::string_view text, std::string_view id,
                                         const Config& config) {
    Diagnostics diagnostics;
    ContainerRecord record;
    const auto root = json::parse_tree(text, diagnostics);
    if (root) {
        const Reader reader(*root, diagnostics);
        if (root->kind == json::Kind::object)
            read_crun(reader, record);
        else
            reader.error(cat("expected an object, not ", json::describe(root->kind)));
    }
    if (diagnostics.has_errors())
        return fail(Error::Kind::state, cat("status: ", describe(diagnostics.errors().front())));
    record.maker = Maker::crun;
    record.id = id;
    use_config(config, record);
    return record;
}

}  // namespace crux::oci
