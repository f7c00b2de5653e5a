#include "tests/support/ordinary_user.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/facts.h"

namespace crux::test {

namespace fs = std::filesystem;

OrdinaryUser::OrdinaryUser() {
    if (::geteuid() != 0) {
        uid_ = ::geteuid();
        gid_ = ::getegid();
    } else {
        need_root();
        switches_ = true;
    }
    fs::create_directories(folder());
    if (switches_) (void)!::chown(folder().c_str(), uid_, gid_);
    if (!fs::exists(program())) fs::copy_file(crux_program(), program());
    if (!run(words({"unshare", "--user", "true"})).ok())
        skip("an unprivileged user may not make a user namespace");
}

std::string OrdinaryUser::folder() {
    return work_folder() + "/user";
}

void OrdinaryUser::give_ids(const std::string& range) {
    if (!switches_) skip("needs root to give an unprivileged user other ids");
    if (!fs::exists("/usr/bin/newuidmap")) skip("needs newuidmap (Debian: uidmap)");
    const std::string line = range.empty() ? "" : "crux-test:" + range + "\n";
    write_file(folder() + "/passwd",
               "root:x:0:0::/root:/bin/sh\ncrux-test:x:" + std::to_string(uid_) + ":" +
                   std::to_string(gid_) + "::/:/bin/sh\n");
    write_file(folder() + "/subid", line);
    script_ += "mount --bind " + folder() + "/passwd /etc/passwd || exit 99\n";
    for (const char* file : {"/etc/subuid", "/etc/subgid"})
        script_ += "mount --bind " + folder() + "/subid " + file + " || exit 99\n";
}

void OrdinaryUser::enter(const std::string& cgroup) {
    const std::string list = fs::exists(cgroup + "/tasks") ? "/tasks" : "/cgroup.procs";
    script_ += "echo 0 >" + cgroup + list + " || exit 99\n";
}

std::vector<std::string> OrdinaryUser::words(const std::vector<std::string>& command) const {
    std::vector<std::string> all;
    if (!script_.empty()) all = {"unshare", "--mount", "sh", "-c", script_ + "exec \"$@\"", "sh"};
    if (switches_) {
        const std::string uid = std::to_string(uid_);
        const std::string gid = std::to_string(gid_);
        all.insert(all.end(), {"setpriv", "--reuid", uid, "--regid", gid, "--clear-groups", "--"});
    }
    all.insert(all.end(), command.begin(), command.end());
    return all;
}

void OrdinaryUser::take(Container& container, const Bundle& bundle) const {
    own(bundle);
    container.prefix = words({});
    container.program = program();
    container.use_root(folder() + "/state");
}

void OrdinaryUser::own(const Bundle& bundle) const {
    if (!switches_) return;
    (void)!::chown(bundle.path().c_str(), uid_, gid_);
    (void)!::chown(bundle.rootfs().c_str(), uid_, gid_);
    for (const auto& entry : fs::recursive_directory_iterator(bundle.rootfs()))
        if (entry.is_directory() && !entry.is_symlink())
            (void)!::chown(entry.path().c_str(), uid_, gid_);
}

void OrdinaryUser::adapt(Bundle& bundle) const {
    const auto map = [](unsigned id) {
        return nlohmann::json::array({{{"containerID", 0}, {"hostID", id}, {"size", 1}}});
    };
    bundle.name_space("user")
        .set("/linux/uidMappings", map(uid_))
        .set("/linux/gidMappings", map(gid_))
        .remove("/linux/resources");
    auto& options = bundle.config()["mounts"][2]["options"];
    options.erase(options.end() - 1);  // gid=5
}

}  // namespace crux::test
