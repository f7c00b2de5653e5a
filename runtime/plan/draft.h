#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/host/facts.h"
#include "runtime/plan/assembler.h"
#include "runtime/plan/plan.h"

/// Inside the builder: what the phases share, and the phases. Each appends its steps to the draft;
/// in which order they are called is told in builder.cc (and exec.cc) alone.
namespace crux::plan {

/// A plan in the making.
struct PlanDraft {
    const oci::Config& config;
    const oci::Process* process;  ///< null: the container has none
    const host::Facts& facts;
    std::string_view process_origin;  ///< where the process stands; empty: not in config.json
    std::string_view id;
    std::string_view bundle;  ///< absolute
    std::string_view rootfs;  ///< absolute; empty in a plan that makes no root

    bool user_namespace = false;    ///< the container has one of its own, new or joined
    bool mount_namespace = false;   ///< the same
    bool own_mounts = false;        ///< it has mounts: in that one, or below its root on the host
    bool cgroup_namespace = false;  ///< the same
    bool no_device_nodes = false;   ///< mknod of devices is refused: they are bound from the host

    Assembler out;
    HostPart host;

    /// File systems that must be filled before they become read-only: target and origin.
    std::vector<std::pair<std::string, std::string>> late_read_only;

    /// Appends a step.
    Step& add(Kind kind, std::string_view origin) { return out.add(kind, origin); }
    /// The pointer of a property of the process.
    [[nodiscard]] std::string of_process(std::string_view property) const;
};

// --- Words that several phases need (draft.cc) ---

/// The path from the container's root, without a leading slash, cleaned of "//", "." and "..";
/// empty for the root itself. `scratch` keeps it where the text had to be changed.
std::string_view path_in_root(std::string_view path, std::string& scratch);

/// What a path of the host's is called inside, where it lies below the container's root by its name
/// alone; nothing where it does not.
std::optional<std::string_view> below_rootfs(const PlanDraft& draft, std::string_view path);

/// An id map in the lines that /proc/PID/uid_map takes (user_namespaces(7)).
std::string id_map_text(const std::vector<oci::IdMapping>& mappings);

/// A propagation as a PropagationByte.
std::uint32_t propagation_byte(oci::Propagation propagation);

/// Takes a slot for a descriptor that the host opens, and records the use with it.
Result<SlotIndex> take_slot(PlanDraft& draft, SlotUse use);

/// The same namespace type in the layout's words.
Namespace layout_type(oci::NamespaceType type);

// --- Phases ---

// namespaces.cc
void plan_session(PlanDraft& draft);
/// v1 cgroups: init moves itself. (On v2 clone3 goes straight into it.)
Status plan_cgroup_entry(PlanDraft& draft);
/// The class of service for caches and memory bandwidth.
void plan_resctrl(PlanDraft& draft);
/// Joins and new namespaces that are made after init runs, and what each needs at once; what must
/// be made or joined before init runs goes to the host's part.
Status plan_namespaces(PlanDraft& draft, const std::vector<oci::Namespace>& namespaces,
                       std::string_view origin);
/// Joins the namespaces of a running container's first process.
Status plan_container_namespaces(PlanDraft& draft, std::span<const oci::NamespaceType> types);
void plan_cgroup_namespace(PlanDraft& draft);
void plan_time_offsets(PlanDraft& draft);
void plan_network(PlanDraft& draft);

// mounts.cc
Status plan_tree(PlanDraft& draft, std::string_view rootfs);
Status plan_mounts(PlanDraft& draft);
void plan_read_only_mounts(PlanDraft& draft);
void plan_enter_root(PlanDraft& draft, bool no_pivot);
void plan_root_propagation(PlanDraft& draft);

// cgroup_mount.cc
/// A mount of type "cgroup": the container's own cgroups, as this host has them.
void plan_cgroup_mount(PlanDraft& draft, const oci::Mount& mount, std::string_view target,
                       const std::string& origin);

// devices.cc
void plan_devices(PlanDraft& draft);
void plan_device_links(PlanDraft& draft);
/// Whether /dev is ours to fill: not when it is a bind mount of somebody else's.
bool makes_dev(const oci::Config& config);

// paths.cc
void plan_masked_paths(PlanDraft& draft);
void plan_read_only_paths(PlanDraft& draft);

// process.cc
/// Where the terminal of the process goes.
struct Terminal {
    std::string_view console_socket;  ///< path; empty: none
    bool foreground = false;          ///< to the runtime itself
    bool bind_console = false;        ///< it is /dev/console too
};
Status plan_console(PlanDraft& draft, const Terminal& terminal);
void plan_directory(PlanDraft& draft);
void plan_sysctls(PlanDraft& draft);
void plan_names(PlanDraft& draft);
void plan_keyring(PlanDraft& draft);
void plan_oom_score(PlanDraft& draft);
void plan_resource_limits(PlanDraft& draft);
void plan_affinity(PlanDraft& draft);
enum class AffinityMoment : std::uint8_t { before_cgroup, in_cgroup };
void plan_exec_affinity(PlanDraft& draft, AffinityMoment moment);
void plan_scheduling(PlanDraft& draft);
void plan_core_scheduling(PlanDraft& draft, std::uint64_t share_from);
Status plan_labels(PlanDraft& draft);
Status plan_landlock(PlanDraft& draft);
/// Whether stdio that is the host's /dev/null is exchanged for the container's.
enum class NullDevice : std::uint8_t { keep, exchange };
void plan_stdio(PlanDraft& draft, NullDevice null);
void plan_bounding_set(PlanDraft& draft);
void plan_first_directory(PlanDraft& draft);
Status plan_user(PlanDraft& draft);
void plan_capabilities(PlanDraft& draft);
void plan_umask(PlanDraft& draft);
void plan_working_directory(PlanDraft& draft);
void plan_no_new_privileges(PlanDraft& draft);

/// A compiled filter; an empty program is no filter.
struct Filter {
    std::span<const std::uint64_t> program;
    std::uint32_t flags = 0;
};
void plan_verify(PlanDraft& draft, const Filter& filter);

// exec_program.cc
void plan_find_program(PlanDraft& draft);
/// Whether the filter sends calls to a listener, to which the parent hands a descriptor.
bool has_listener(const Filter& filter);
void plan_seccomp(PlanDraft& draft, const Filter& filter);
void plan_ready(PlanDraft& draft);
void plan_barrier(PlanDraft& draft);
/// What the program gets at exec besides its arguments.
struct Inherited {
    unsigned listen_fds = 0;
    unsigned preserve_fds = 0;
};
/// Gives the list of arguments, for plan_exec.
Result<List> plan_prepare(PlanDraft& draft, const Inherited& inherited);
void plan_exec(PlanDraft& draft, List arguments);

// hooks.cc
void plan_host_hooks(PlanDraft& draft);
void plan_create_container_hooks(PlanDraft& draft);
void plan_start_container_hooks(PlanDraft& draft);

// builder.cc
/// In what the end of create and the end of exec differ.
struct TailInputs {
    Filter filter;
    /// The process whose core scheduling cookie is taken, or 0 for a new cookie; nothing: neither.
    std::optional<std::uint64_t> cookie_of;
    NullDevice null = NullDevice::keep;
    Inherited inherited;
    bool has_barrier = false;  ///< the program waits for start
};
/// The end of the canonical order, which the container's first process and those of exec share:
/// rights, user, capabilities, filter and program.
Status plan_tail(PlanDraft& draft, const TailInputs& inputs);

}  // namespace crux::plan
