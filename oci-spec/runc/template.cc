#include "oci-spec/runc/template.h"

#include <array>
#include <span>
#include <string_view>

#include "oci-spec/config.h"
#include "oci-spec/json_writer.h"

namespace crux::oci {

namespace {

using Texts = std::vector<std::string>;

struct MountTemplate {
    std::string_view destination;
    std::string_view type;
    std::string_view source;
    Texts options;
};

void write_capabilities(JsonWriter& writer) {
    const Texts set = {"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"};
    writer.key("capabilities");
    writer.begin_object();
    writer.member("bounding", set);
    writer.member("effective", set);
    writer.member("permitted", set);
    writer.end_object();
}

void write_rlimits(JsonWriter& writer) {
    writer.key("rlimits");
    writer.begin_array();
    writer.begin_object();
    writer.member("type", "RLIMIT_NOFILE");
    writer.member("hard", 1024);
    writer.member("soft", 1024);
    writer.end_object();
    writer.end_array();
}

void write_process(JsonWriter& writer) {
    writer.begin_object();
    writer.member("terminal", true);
    writer.key("user");
    writer.begin_object();
    writer.member("uid", 0);
    writer.member("gid", 0);
    writer.end_object();
    writer.member("args", Texts{"sh"});
    writer.member("env", Texts{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                               "TERM=xterm"});
    writer.member("cwd", "/");
    write_capabilities(writer);
    write_rlimits(writer);
    writer.member("noNewPrivileges", true);
    writer.end_object();
}

std::vector<MountTemplate> mounts(bool rootless) {
    std::vector<MountTemplate> out = {
        {"/proc", "proc", "proc", {}},
        {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
        {"/dev/pts",
         "devpts",
         "devpts",
         {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}},
        {"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
        {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
    };
    // Without a new network namespace, sysfs cannot be mounted, and in a user namespace with one ID
    // group 5 is not mapped.
    if (rootless) {
        out.push_back({"/sys", "none", "/sys", {"rbind", "nosuid", "noexec", "nodev", "ro"}});
    } else {
        out[2].options.emplace_back("gid=5");
        out.push_back({"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}});
    }
    out.push_back(
        {"/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"}});
    return out;
}

void write_mounts(JsonWriter& writer, bool rootless) {
    writer.begin_array();
    for (const MountTemplate& mount : mounts(rootless)) {
        writer.begin_object();
        writer.member("destination", mount.destination);
        writer.member("type", mount.type);
        writer.member("source", mount.source);
        if (!mount.options.empty()) writer.member("options", mount.options);
        writer.end_object();
    }
    writer.end_array();
}

void write_mapping(JsonWriter& writer, std::string_view property, std::uint32_t host_id) {
    writer.key(property);
    writer.begin_array();
    writer.begin_object();
    writer.member("containerID", 0);
    writer.member("hostID", host_id);
    writer.member("size", 1);
    writer.end_object();
    writer.end_array();
}

// Denies all devices except the default ones, which crux always adds.
void write_resources(JsonWriter& writer) {
    writer.key("resources");
    writer.begin_object();
    writer.key("devices");
    writer.begin_array();
    writer.begin_object();
    writer.member("allow", false);
    writer.member("access", "rwm");
    writer.end_object();
    writer.end_array();
    writer.end_object();
}

void write_namespaces(JsonWriter& writer, const TemplateOptions& options) {
    writer.key("namespaces");
    writer.begin_array();
    const auto write = [&](std::string_view type) {
        writer.begin_object();
        writer.member("type", type);
        writer.end_object();
    };
    write("pid");
    if (!options.rootless) write("network");
    write("ipc");
    write("uts");
    write("mount");
    if (options.cgroup_namespace) write("cgroup");
    if (options.rootless) write("user");
    writer.end_array();
}

void write_linux(JsonWriter& writer, const TemplateOptions& options) {
    writer.begin_object();
    if (options.rootless) {
        write_mapping(writer, "uidMappings", options.uid);
        write_mapping(writer, "gidMappings", options.gid);
    } else {
        write_resources(writer);
    }
    write_namespaces(writer, options);
    writer.member("maskedPaths",
                  Texts{"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys",
                        "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
                        "/proc/sched_debug", "/sys/firmware", "/proc/scsi"});
    writer.member("readonlyPaths",
                  Texts{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"});
    writer.end_object();
}

}  // namespace

std::string config_template(const TemplateOptions& options) {
    JsonWriter writer("\t");
    writer.begin_object();
    writer.member("ociVersion", kSpecVersion);
    writer.key("process");
    write_process(writer);
    writer.key("root");
    writer.begin_object();
    writer.member("path", "rootfs");
    writer.member("readonly", true);
    writer.end_object();
    writer.member("hostname", "crux");
    writer.key("mounts");
    write_mounts(writer, options.rootless);
    writer.key("linux");
    write_linux(writer, options);
    writer.end_object();
    return writer.take();
}

}  // namespace crux::oci
