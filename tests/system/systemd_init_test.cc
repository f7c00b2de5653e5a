// systemd as the first process of a container, in a cgroup owned by the container's root
// (config-linux.md, Cgroup ownership).

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"
#include "tests/support/managed.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr unsigned kFirstId = 100'000;

/// The parts of the distribution's root filesystem that systemd needs: its /usr, and new
/// directories next to it, owned by the container's root.
void make_root(Bundle& bundle) {
    const std::string root = bundle.rootfs();
    fs::remove_all(root + "/bin");
    fs::remove_all(root + "/sbin");
    for (const char* name : {"bin", "sbin", "lib", "lib64"})
        fs::create_directory_symlink(std::string("usr/") + name, root + '/' + name);
    for (const char* name :
         {"usr", "run", "tmp", "var/log", "var/lib", "root", "etc/systemd/system"})
        bundle.folder(name);
    bundle.file("etc/passwd", "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")
        .file("etc/group", "root:x:0:\nnogroup:x:65534:\n")
        .file("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        .file("etc/hostname", "inner\n");
    for (const auto& entry : fs::recursive_directory_iterator(root))
        (void)!::lchown(entry.path().c_str(), kFirstId, kFirstId);
    (void)!::chown(root.c_str(), kFirstId, kFirstId);
}

/// A container with its own users and cgroup tree, as containers with systemd are run.
void adapt(Bundle& bundle) {
    const json map = json::array({{{"containerID", 0}, {"hostID", kFirstId}, {"size", 65536}}});
    bundle.name_space("user")
        .set("/linux/uidMappings", map)
        .set("/linux/gidMappings", map)
        .set("/root/readonly", false)
        .set("/process/noNewPrivileges", false)
        .remove("/linux/readonlyPaths")
        .mount("/usr", "bind", "/usr", {"rbind", "ro"})
        .mount("/run", "tmpfs", "tmpfs", {"mode=755"})
        .mount("/tmp", "tmpfs", "tmpfs", {"mode=1777"});
    json& config = bundle.config();
    config["process"]["env"].push_back("container=crux");
    const json capabilities = {
        "CAP_CHOWN",  "CAP_DAC_OVERRIDE", "CAP_FOWNER",          "CAP_FSETID",    "CAP_KILL",
        "CAP_SETGID", "CAP_SETUID",       "CAP_SETPCAP",         "CAP_SYS_ADMIN", "CAP_SYS_CHROOT",
        "CAP_MKNOD",  "CAP_NET_ADMIN",    "CAP_NET_BIND_SERVICE"};
    for (const char* set : {"bounding", "effective", "permitted"})
        config["process"]["capabilities"][set] = capabilities;
    for (json& mount : config["mounts"])
        if (mount["type"] == "cgroup") mount["options"] = {"nosuid", "noexec", "nodev"};
}

/// The state of the container's own systemd, in its words.
std::string how_it_is(const Managed& managed) {
    return without_line_end(
        managed.container
            .crux({"exec", managed.container.id(), "/usr/bin/systemctl", "is-system-running"})
            .out);
}

TEST_CASE("systemd boots as a container's init, and manages its cgroup") {
    need_root();
    if (cgroup_mode() != CgroupMode::v2) skip("needs cgroup v2");
    if (!fs::exists("/usr/lib/systemd/systemd")) skip("needs systemd's programs");
    if (!has_user_namespaces()) skip("needs user namespaces");
    const Unchanged host;
    Managed managed;
    if (!systemd_runs()) managed.container.global_options = bare_errors();
    make_root(managed.bundle);
    adapt(managed.bundle);
    managed.bundle.args({"/sbin/init", "systemd.unit=basic.target"});
    managed.start();
    const std::string cgroup = *cgroup_of(managed.container.pid(), "freezer");
    // It has made init.scope and system.slice below its cgroup, and is in them.
    const std::string top = cgroup.substr(0, cgroup.find(managed.container.id())) +
                            managed.container.id() + (systemd_runs() ? ".scope" : "");
    const bool runs = eventually([&] { return how_it_is(managed) == "running"; }, 30s);
    INFO(managed.container.out() << managed.container.err());
    CHECK(runs);
    INFO(managed.container.crux({"exec", managed.container.id(), "/usr/bin/systemctl", "--failed"})
             .describe());
    CHECK(how_it_is(managed) == "running");
    struct ::stat status = {};
    for (const char* file : {"", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads"}) {
        INFO(file);
        REQUIRE(::stat((top + file).c_str(), &status) == 0);
        CHECK(status.st_uid == kFirstId);
    }
    for (const char* file : {"/cgroup.freeze", "/cgroup.kill"}) {
        INFO(file);
        if (::stat((top + file).c_str(), &status) == 0) CHECK(status.st_uid == 0);
    }
    CHECK(fs::exists(top + "/init.scope"));
    must(managed.container.remove({"--force"}));
    CHECK_FALSE(fs::exists(top));
}

TEST_CASE("a cgroup changes its owner only with a namespace and a writable mount") {
    need_root();
    if (cgroup_mode() != CgroupMode::v2) skip("needs cgroup v2");
    const struct {
        bool has_namespace;
        bool is_writable;
        unsigned owner;
    } rows[] = {{true, true, 1234}, {true, false, 0}, {false, true, 0}};
    for (const auto& row : rows) {
        INFO(row.has_namespace << row.is_writable);
        Managed managed;
        managed.container.global_options = bare_errors();
        managed.bundle.set("/process/user/uid", 1234);
        if (!row.has_namespace) managed.bundle.without_name_space("cgroup");
        for (json& mount : managed.bundle.config()["mounts"])
            if (mount["type"] == "cgroup" && row.is_writable)
                mount["options"] = {"nosuid", "noexec", "nodev"};
        managed.start();
        const std::string cgroup = *cgroup_of(managed.container.pid(), "freezer");
        struct ::stat status = {};
        REQUIRE(::stat((cgroup + "/cgroup.procs").c_str(), &status) == 0);
        CHECK(status.st_uid == row.owner);
    }
}

}  // namespace
}  // namespace crux::test
