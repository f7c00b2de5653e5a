#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/cgroup/dirs.h"
#include "runtime/cgroup/limits.h"
#include "runtime/host/facts.h"
#include "runtime/plan/layout.h"

namespace crux::plan {

/// A kernel parameter that init writes in a namespace, which must not be the one of the host.
struct WrittenSysctl {
    std::string key;     ///< empty: none
    std::string origin;  ///< JSON pointer
};

/// A descriptor that launch opens before it clones, and the slot in which init finds it.
struct SlotUse {
    enum class What : std::uint8_t {
        cgroup_tasks,    ///< the tasks file of cgroup directory `index`, for writing
        namespace_file,  ///< the namespace at `path`, which must be of type `type`
        first_process,   ///< a pidfd of the running container's first process
        /// open_tree(2) of `path` by the host, since init cannot reach it; ID-mapped by the
        /// mappings below, or by the user namespace at `idmap_path`, if there are any.
        host_mount,
        idmap_namespace,  ///< a user namespace with these mappings, for an ID-mapped mount
        console_socket,   ///< connected to `path`
        terminal_socket,  ///< the other end of the foreground terminal's socket pair
    };
    SlotIndex slot = kNoSlot;
    What what = What::namespace_file;
    std::uint32_t index = 0;
    Namespace type = Namespace::mount;
    bool recursive = false;
    std::string path;
    std::string uid_map;
    std::string gid_map;
    std::string idmap_path;      ///< a user namespace whose mappings are used
    bool map_recursive = false;  ///< ridmap: the mounts below too
    WrittenSysctl sysctl;
    std::string origin;  ///< JSON pointer
};

/// A namespace that must be joined before init exists: user (creating the others requires its
/// privileges) and pid (setns(2) changes it only for children).
struct EarlyJoin {
    Namespace type = Namespace::user;
    std::string path;  ///< empty: the one of the running container's first process
    WrittenSysctl sysctl;
    std::string origin;
};

/// The part of a plan that is carried out on the host and not passed to init.
struct HostPart {
    std::string id;
    std::vector<cgroup::CgroupDir> cgroup;  ///< empty: the container stays in the caller's cgroup
    std::string unit;           ///< systemd unit that creates the cgroup, "NAME in SLICE"; or empty
    std::string cgroup_origin;  ///< JSON pointer; empty: config.json does not set the path
    /// The root filesystem that is bind-mounted on itself in the caller's mount namespace, so that
    /// all mounts of the container are below it; empty: the container has a mount namespace, or no
    /// mounts.
    std::string mounted_root;
    std::string mounted_root_origin;  ///< JSON pointer of the property that requires a mount
    cgroup::Limits limits;
    std::vector<EarlyJoin> joins;
    std::uint64_t new_namespaces = 0;  ///< clone3's flags (Namespace bits); never time or cgroup
    std::string uid_map;  ///< lines for /proc/PID/uid_map; empty without a new user namespace
    std::string gid_map;
    std::vector<SlotUse> slots;
    std::vector<SlotUse> mapped_sources;        ///< for Request::map_ids: the mappings; no slot
    std::optional<std::int32_t> oom_score_adj;  ///< if init does not have permission to set it
    std::string time_offsets;  ///< the same, for Request::time_offsets: lines for timens_offsets
    std::vector<oci::Rlimit> rlimits;  ///< the same, for Request::resource_limits
    std::vector<oci::Hook> poststart;  ///< run by start after the program was executed
    std::vector<oci::Hook> poststop;   ///< run by delete after everything was removed
};

/// A plan: the block that is passed to init, and the host's part.
class Plan {
 public:
    [[nodiscard]] std::span<const Step> steps() const;
    [[nodiscard]] std::string_view text(Text text) const;
    /// The items of a list; valid until the plan is moved or destroyed.
    template <class T>
    [[nodiscard]] std::span<const T> list(List list) const;
    [[nodiscard]] Header& header();
    [[nodiscard]] const Header& header() const;
    /// The whole block, as it is written to the memfd.
    [[nodiscard]] std::span<const std::byte> bytes() const;

    HostPart host;

 private:
    friend class Assembler;
    std::vector<std::uint64_t> block_;  ///< 8-byte aligned storage
};

/// The inputs of a plan. All are values; building makes no system call.
struct Inputs {
    const oci::Config* config = nullptr;
    const host::Facts* facts = nullptr;
    std::string id;
    std::string bundle;                              ///< absolute
    std::string rootfs;                              ///< absolute: root.path seen from the bundle
    std::span<const std::uint64_t> seccomp_program;  ///< compiled; struct sock_filter each
    std::uint32_t seccomp_flags = 0;
    std::vector<cgroup::CgroupDir> cgroup;
    cgroup::Limits limits;
    std::string unit;  ///< as in HostPart
    bool no_pivot = false;
    bool no_new_keyring = false;
    unsigned preserve_fds = 0;
    unsigned listen_fds = 0;
    std::string console_socket;        ///< path; empty: none
    bool foreground_terminal = false;  ///< crux itself serves the terminal
};

/// Builds the plan that creates the container. The configuration has passed the rules. What this
/// host does not support is an error with its JSON pointer.
Result<Plan> build(const Inputs& inputs);

/// The inputs of the plan of `exec`: the process, and the container.
struct ExecInputs {
    const oci::Process* process = nullptr;
    const oci::Config* config = nullptr;  ///< the container's own
    const host::Facts* facts = nullptr;
    std::string id;
    std::string rootfs;  ///< absolute; for a container without a mount namespace
    std::vector<oci::NamespaceType> namespaces;  ///< the namespaces of its first process to join
    std::span<const std::uint64_t> seccomp_program;
    std::uint32_t seccomp_flags = 0;
    std::vector<cgroup::CgroupDir> cgroup;
    bool no_new_keyring = false;
    unsigned preserve_fds = 0;
    std::string console_socket;
    bool foreground_terminal = false;
    bool own_user_namespace = false;  ///< the container has one
};

/// Builds the plan that runs another process in a container: the same steps, except those whose
/// result exists already.
Result<Plan> build_exec(const ExecInputs& inputs);

template <class T>
std::span<const T> Plan::list(List list) const {
    const auto* base =
        reinterpret_cast<const std::byte*>(block_.data()) + header().pool + list.offset;
    return {reinterpret_cast<const T*>(base), list.count};
}

}  // namespace crux::plan
