#include "runtime/host/read.h"

#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <span>

#include "runtime/base/text.h"
#include "runtime/capability/kernel.h"
#include "runtime/host/cgroup_layout.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace crux::host {

namespace {

constexpr const char* kUsualMountpoint = "/sys/fs/cgroup";

Result<KernelVersion> read_kernel_version() {
    struct ::utsname names = {};
    ::uname(&names);
    auto version = parse_kernel_release(names.release);
    if (!version)
        return fail(Error::Kind::os,
                    cat("kernel release ", quoted(names.release), ": no version number"));
    return *version;
}

Result<bool> read_in_user_namespace() {
    // PROC_USER_INIT_INO: the inode number of the initial user namespace is fixed since Linux 3.8.
    constexpr ino_t kFirstUserNamespace = 0xEFFFFFFDU;
    auto own = sys::fstatat(sys::FdRef::cwd(), "/proc/self/ns/user");
    if (own) return own->st_ino != kFirstUserNamespace;
    // A kernel built without user namespaces.
    if (own.error().value == ENOENT) {
        TRY(sys::statfs("/proc/self").during("/proc must be mounted"));
        return false;
    }
    return std::unexpected(Error(own.error()).during("/proc/self/ns/user"));
}

/// The initial user namespace always allows setgroups(2), so the file is not read there.
bool read_setgroups_denied(bool in_user_namespace) {
    if (!in_user_namespace) return false;
    auto answer = sys::read_file("/proc/self/setgroups");
    return answer && answer->starts_with("deny");
}

/// The layout of a host whose only hierarchy is a cgroup2 at the usual mount point; nothing for
/// every other host.
Result<std::optional<CgroupLayout>> read_unified_layout(std::string_view memberships) {
    const std::vector<Membership> parsed = TRY(parse_memberships(memberships));
    if (parsed.size() != 1 || !parsed[0].controllers.empty()) return std::nullopt;
    auto place = sys::statfs(kUsualMountpoint);
    if (!place || place->f_type != CGROUP2_SUPER_MAGIC) return std::nullopt;
    CgroupHierarchy hierarchy;
    hierarchy.mountpoint = kUsualMountpoint;
    hierarchy.own_path = parsed[0].path;
    hierarchy.own_directory =
        directory_in_mount(kUsualMountpoint, "/", hierarchy.own_path).value_or("");
    // A mount of a subtree does not show our whole path: only mountinfo has the answer then.
    const bool shows_own = hierarchy.own_directory == kUsualMountpoint ||
                           (!hierarchy.own_directory.empty() &&
                            sys::faccessat(sys::FdRef::cwd(), hierarchy.own_directory, F_OK));
    if (!shows_own) return std::nullopt;
    return CgroupLayout{.mode = CgroupMode::v2, .hierarchies = {std::move(hierarchy)}};
}

Status read_controllers(CgroupLayout& layout) {
    for (CgroupHierarchy& hierarchy : layout.hierarchies) {
        if (hierarchy.version != 2) continue;
        const std::string path = cat(hierarchy.mountpoint, "/cgroup.controllers");
        const std::string text = TRY(sys::read_file(path).during(path));
        hierarchy.controllers = parse_controllers(text);
    }
    return {};
}

/// lsm_list_modules(2) (6.8): the IDs of the active security modules in one call.
bool list_security_modules(Facts& facts) {
    constexpr long kListModules = 461;  // the same on every architecture
    constexpr std::uint64_t kSelinux = 101;
    constexpr std::uint64_t kApparmor = 104;
    std::array<std::uint64_t, 32> ids{};
    auto size = static_cast<std::uint32_t>(sizeof(ids));
    const long count = ::syscall(kListModules, ids.data(), &size, 0);
    if (count < 0) return false;
    const auto active = std::span(ids).first(std::min(static_cast<std::size_t>(count), ids.size()));
    facts.selinux = std::ranges::find(active, kSelinux) != active.end();
    facts.apparmor = std::ranges::find(active, kApparmor) != active.end();
    return true;
}

void read_security_modules(Facts& facts) {
    if (list_security_modules(facts)) return;
    auto apparmor = sys::read_file("/sys/module/apparmor/parameters/enabled");
    facts.apparmor = apparmor && apparmor->starts_with('Y');
    auto selinux = sys::statfs("/sys/fs/selinux");
    facts.selinux = selinux && selinux->f_type == SELINUX_MAGIC;
}

int read_landlock_abi() {
    constexpr long kCreateRuleset = 444;  // the same on every architecture
    constexpr unsigned kAskVersion = 1;
    const long version = ::syscall(kCreateRuleset, nullptr, 0, kAskVersion);
    return version > 0 ? static_cast<int>(version) : 0;
}

}  // namespace

Result<CgroupLayout> read_cgroup_layout() {
    auto memberships = sys::read_file("/proc/self/cgroup");
    // A kernel built without cgroups.
    if (!memberships && memberships.error().value == ENOENT) return CgroupLayout{};
    const std::string text = TRY(std::move(memberships).during("/proc/self/cgroup"));
    auto layout = TRY(read_unified_layout(text));
    if (!layout) {
        const std::string mountinfo =
            TRY(sys::read_file("/proc/self/mountinfo").during("/proc/self/mountinfo"));
        layout = TRY(parse_cgroup_layout(text, mountinfo));
    }
    TRY(read_controllers(*layout));
    return std::move(*layout);
}

Result<Facts> read_facts() {
    Facts facts;
    facts.kernel = TRY(read_kernel_version());
    facts.uid = ::geteuid();
    facts.gid = ::getegid();
    facts.in_user_namespace = TRY(read_in_user_namespace());
    facts.setgroups_denied = read_setgroups_denied(facts.in_user_namespace);
    facts.last_capability = capability::last();
    facts.page_size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    facts.cgroup = TRY(read_cgroup_layout());
    read_security_modules(facts);
    // Unless it is known to be missing, it is masked.
    auto kcore = sys::faccessat(sys::FdRef::cwd(), "/proc/kcore", F_OK);
    facts.kcore = kcore || kcore.error().value != ENOENT;
    facts.landlock_abi = read_landlock_abi();
    return facts;
}

}  // namespace crux::host
