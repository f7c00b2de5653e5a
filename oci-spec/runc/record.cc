#include "oci-spec/runc/record.h"

#include "oci-spec/json_writer.h"
#include "oci-spec/reader.h"
#include "oci-spec/runc/peer_record.h"

namespace crux::oci {

namespace {

constexpr auto kCgroupDrivers = std::array{
    Word<CgroupDriver>{"cgroupfs", CgroupDriver::cgroupfs},
    Word<CgroupDriver>{"systemd", CgroupDriver::systemd},
};

// runc stores annotations and the bundle as a list of KEY=VALUE.
std::vector<std::string> labels(const ContainerRecord& record) {
    std::vector<std::string> out;
    for (const auto& [key, value] : record.annotations) out.push_back(cat(key, '=', value));
    out.push_back(cat("bundle=", record.bundle));
    return out;
}

// What runc needs to manage the container: exec joins the namespaces that are listed here.
void write_namespaces(JsonWriter& writer, const ContainerRecord& record) {
    const std::string own = cat("/proc/", record.init_process_pid, "/ns/");
    writer.key("namespaces");
    writer.begin_array();
    for (const auto& [type, path] : record.namespace_paths) {
        writer.begin_object();
        writer.member("type", name_of(kRecordNamespaces, type));
        if (!path.starts_with(own)) writer.member("path", path);
        writer.end_object();
    }
    writer.end_array();
}

void write_cgroups(JsonWriter& writer, const ContainerRecord& record) {
    const bool systemd = record.cgroup_driver == CgroupDriver::systemd;
    writer.key("cgroups");
    writer.begin_object();
    writer.member("path", record.cgroups_path);
    writer.member("systemd", systemd);
    if (systemd) {
        const std::vector<std::string_view> parts = split(record.cgroups_path, ':');
        const bool is_named = parts.size() == 3;
        writer.member("name", is_named ? parts[2] : std::string_view(record.id));
        writer.member("parent", is_named ? parts[0] : std::string_view());
        writer.member("scope_prefix", is_named ? parts[1] : std::string_view("crux"));
    }
    // runc has resources only if the document has one of them, and fails without.
    writer.member("memory", 0);
    writer.end_object();
}

void write_config(JsonWriter& writer, const ContainerRecord& record) {
    writer.begin_object();
    writer.member("rootfs", record.rootfs);
    write_namespaces(writer, record);
    write_cgroups(writer, record);
    writer.member("version", record.oci_version);
    writer.member("labels", labels(record));
    writer.member("no_pivot_root", record.no_pivot);
    writer.member("no_new_keyring", record.no_new_keyring);
    writer.end_object();
}

// What crun needs, in its status file.
void write_crun(JsonWriter& writer, const ContainerRecord& record) {
    const bool systemd = record.cgroup_driver == CgroupDriver::systemd;
    writer.member("pid", record.init_process_pid);
    writer.member("process-start-time", record.init_process_start);
    writer.member("cgroup-path", record.cgroup_below);
    writer.member("scope", record.systemd_unit);
    writer.member("rootfs", record.rootfs);
    writer.member("systemd-cgroup", systemd);
    writer.member("bundle", record.bundle);
    writer.member("detached", record.detached);
    // crun's list needs one. Looking up the name of another user would take create longer.
    writer.member("owner", record.owner_uid == 0 ? "root" : cat('#', record.owner_uid));
}

void write_own(JsonWriter& writer, const ContainerRecord& record) {
    writer.begin_object();
    writer.member("status", name_of(kStatuses, record.status));
    writer.member("boot_id", record.boot_id);
    writer.member("pidfd_inode", record.pidfd_inode);
    writer.member("bundle", record.bundle);
    writer.member("annotations", record.annotations);
    writer.member("owner_uid", record.owner_uid);
    writer.member("cgroup_driver", name_of(kCgroupDrivers, record.cgroup_driver));
    writer.member("systemd_unit", record.systemd_unit);
    writer.member("intel_rdt_made", record.intel_rdt_made);
    writer.member("terminal", record.terminal);
    writer.member("detached", record.detached);
    writer.member("has_process", record.has_process);
    writer.member("has_poststart", record.has_poststart);
    writer.member("has_poststop", record.has_poststop);
    writer.member("own_pid_namespace", record.own_pid_namespace);
    writer.end_object();
}

void read_config(const Reader& r, ContainerRecord& out) {
    out.rootfs = r["rootfs"].string();
    const Reader cgroups = r["cgroups"];
    out.cgroups_path = cgroups["path"].string();
    out.oci_version = r["version"].string();
    out.no_pivot = r["no_pivot_root"].boolean();
    out.no_new_keyring = r["no_new_keyring"].boolean();
}

void read_own(const Reader& r, ContainerRecord& out) {
    out.status = r["status"].required_word(kStatuses, "status");
    out.boot_id = r["boot_id"].string();
    out.pidfd_inode = r["pidfd_inode"].number<std::uint64_t>();
    out.bundle = r["bundle"].required_string();
    out.annotations = r["annotations"].string_map();
    out.owner_uid = r["owner_uid"].number<std::uint32_t>();
    out.cgroup_driver = r["cgroup_driver"].required_word(kCgroupDrivers, "cgroup driver");
    out.systemd_unit = r["systemd_unit"].string();
    out.intel_rdt_made = r["intel_rdt_made"].boolean();
    out.terminal = r["terminal"].boolean();
    out.detached = r["detached"].boolean();
    out.has_process = r["has_process"].boolean();
    out.has_poststart = r["has_poststart"].boolean();
    out.has_poststop = r["has_poststop"].boolean();
    out.own_pid_namespace = r["own_pid_namespace"].boolean();
    if (out.init_process_pid > 0 && out.boot_id.empty()) r["boot_id"].error("is required");
}

void read_fields(const Reader& r, ContainerRecord& out) {
    out.id = r["id"].required_string();
    const Reader pid = r["init_process_pid"];
    out.init_process_pid = pid.required_number<std::int32_t>();
    if (out.init_process_pid < 0) pid.error("must not be negative");
    out.init_process_start = r["init_process_start"].required_number<std::uint64_t>();
    out.created = r["created"].string();
    const Reader config = r["config"];
    read_config(config, out);
    out.rootless = r["rootless"].boolean();
    out.cgroup_paths = r["cgroup_paths"].string_map();
    out.namespace_paths =
        r["namespace_paths"].entries([](std::string_view key, const Reader& value) {
            const auto type = value_of(kRecordNamespaces, key);
            if (!type) value.error("is not a known namespace type");
            return std::pair(type.value_or(NamespaceType::pid), value.string());
        });
    out.external_descriptors = r["external_descriptors"].strings();
    out.intel_rdt_path = r["intel_rdt_path"].string();
    out.intel_rdt_mon_path = r["intel_rdt_mon_path"].string();
    const Reader own = r["crux"];
    read_own(own, out);
}

}  // namespace

std::string write_record(const ContainerRecord& record) {
    JsonWriter writer;
    writer.begin_object();
    writer.member("id", record.id);
    writer.member("init_process_pid", record.init_process_pid);
    writer.member("init_process_start", record.init_process_start);
    writer.member("created", record.created);
    writer.key("config");
    write_config(writer, record);
    writer.member("rootless", record.rootless);
    writer.member("cgroup_paths", record.cgroup_paths);
    writer.key("namespace_paths");
    writer.begin_object();
    for (const auto& [type, path] : record.namespace_paths)
        writer.member(name_of(kRecordNamespaces, type), path);
    writer.end_object();
    writer.member("external_descriptors", record.external_descriptors);
    write_crun(writer, record);
    writer.member("intel_rdt_path", record.intel_rdt_path);
    writer.member("intel_rdt_mon_path", record.intel_rdt_mon_path);
    writer.key("crux");
    write_own(writer, record);
    writer.end_object();
    return writer.take();
}

Result<ContainerRecord> read_record(std::string_view text) {
    Diagnostics diagnostics;
    ContainerRecord record;
    const auto root = json::parse_tree(text, diagnostics);
    if (root) {
        const Reader reader(*root, diagnostics);
        if (root->kind == json::Kind::object)
            reader["crux"].present() ? read_fields(reader, record) : read_runc(reader, record);
        else
            reader.error(cat("expected an object, not ", json::describe(root->kind)));
    }
    if (diagnostics.has_errors())
        return fail(Error::Kind::state,
                    cat("state.json: ", describe(diagnostics.errors().front())));
    return record;
}

std::string descriptors_json(const std::vector<std::string>& targets) {
    JsonWriter writer;
    writer.value(targets);
    return writer.take();
}

Result<std::vector<std::string>> read_descriptors(std::string_view text) {
    Diagnostics diagnostics;
    std::vector<std::string> targets;
    const auto root = json::parse_tree(text, diagnostics);
    if (root) targets = Reader(*root, diagnostics).strings();
    if (diagnostics.has_errors())
        return fail(Error::Kind::spec,
                    cat("descriptors.json: ", describe(diagnostics.errors().front())));
    return targets;
}

}  // namespace crux::oci
