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

/// Internal to the builder: the data that the phases share, and the phases. Each phase appends its
/// steps to the draft. Only builder.cc (and exec.cc) decide the order of the phases.
namespace crux::plan {

/// A plan under construction.
struct PlanDraft {
    const oci::Config& config;
    const oci::Process* process;  ///< null: the container has none
    const host::Facts& facts;
    std::string_view process_origin;  ///< JSON pointer of the process; empty: not in config.json
    std::string_view id;
    std::string_view bundle;  ///< absolute
    std::string_view rootfs;  ///< absolute; empty in a plan that sets up no root filesystem

    bool user_namespace = false;    ///< the container has its own one, new or joined
    bool mount_namespace = false;   ///< the same
    bool own_mounts = false;        ///< it has mounts, in that one or below its root on the host
    bool cgroup_namespace = false;  ///< the container has its own one, new or joined
    bool no_device_nodes = false;   ///< mknod(2) is refused: devices are bound from the host

    Assembler out;
    HostPart host;

    /// Filesystems that become read-only after files were created in them: target and origin.
    std::vector<std::pair<std::string, std::string>> late_read_only;

    /// Appends a step.
    Step& add(Kind kind, std::string_view origin) { return out.add(kind, origin); }
    /// The pointer of a property of the process.
    [[nodiscard]] std::string of_process(std::string_view property) const;
};

// --- Texts that several phases use (draft.cc) ---

/// The path from the container's root, without a leading slash, "//", "." and ".."; empty for the
/// root itself. `scratch` stores the result if it differs from the text.
std::string_view path_in_root(std::string_view path, std::string& scratch);

/// The path inside the container of a path on the host, if by its name it is below the container's
/// root; otherwise nothing.
std::optional<std::string_view> below_rootfs(const PlanDraft& draft, std::string_view path);

/// An ID mapping as lines for /proc/PID/uid_map (user_namespaces(7)).
std::string id_map_text(const std::vector<oci::IdMapping>& mappings);

/// A propagation as a PropagationByte.
std::uint32_t propagation_byte(oci::Propagation propagation);

/// Assigns a slot to a descriptor that the host opens, and adds the use to the host's part.
Result<SlotIndex> take_slot(PlanDraft& draft, SlotUse use);

/// The namespace type as the layout's enumerator.
Namespace layout_type(oci::NamespaceType type);

// --- Phases ---

// namespaces.cc
void plan_session(PlanDraft& draft);
/// v1 cgroups: init moves itself. (On v2 clone3 creates init in the cgroup.)
Status plan_cgroup_entry(PlanDraft& draft);
/// The resctrl class of service (CLOS) for caches and memory bandwidth.
void plan_resctrl(PlanDraft& draft);
/// Namespaces that init joins itself. Those that must be created or joined before init runs go to
/// the host's part.
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
void plan_comparison(PlanDraft& draft);

// cgroup_mount.cc
/// A mount of type "cgroup": the container's own cgroups, in the layout of this host.
void plan_cgroup_mount(PlanDraft& draft, const oci::Mount& mount, std::string_view target,
                       const std::string& origin);

// devices.cc
void plan_devices(PlanDraft& draft);
void plan_device_links(PlanDraft& draft);
/// Whether crux creates the entries of /dev: not if config.json binds another directory on it.
bool makes_dev(const oci::Config& config);

// paths.cc
void plan_masked_paths(PlanDraft& draft);
void plan_read_only_paths(PlanDraft& draft);

// process.cc
/// Where the terminal of the process goes.
struct Terminal {
    std::string_view console_socket;  ///< path; empty: none
    bool foreground = false;          ///< to crux itself
    bool bind_console = false;        ///< it is also /dev/console
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
/// Whether standard streams that are the host's /dev/null are replaced by the container's.
enum class NullDevice : std::uint8_t { keep, exchange };
void plan_stdio(PlanDraft& draft, NullDevice null);
void plan_bounding_set(PlanDraft& draft);
void plan_first_directory(PlanDraft& draft);
Status plan_user(PlanDraft& draft);
/// What happens to CAP_SYS_ADMIN, which loading a filter without no_new_privs requires.
enum class FilterPrivilege : std::uint8_t { drop, keep };
void plan_capabilities(PlanDraft& draft, FilterPrivilege privilege);
/// The sets without a capability that was kept.
void plan_last_capabilities(PlanDraft& draft);
/// Before the steps that need few capabilities. Which they need is known once they are planned:
/// keep_needed() then completes the step.
void plan_drop_capabilities(PlanDraft& draft);
void keep_needed(PlanDraft& draft);
void plan_umask(PlanDraft& draft);
void plan_working_directory(PlanDraft& draft);
void plan_no_new_privileges(PlanDraft& draft);

/// A compiled filter; an empty program is no filter.
struct Filter {
    std::span<const std::uint64_t> program;
    std::uint32_t flags = 0;
};
void plan_verify(PlanDraft& draft, FilterPrivilege privilege);
/// Whether the process itself may not load the filter once its capabilities are set.
FilterPrivilege filter_privilege(const PlanDraft& draft, const Filter& filter);

// exec_program.cc
void plan_find_program(PlanDraft& draft);
/// Whether the filter sends notifications to a listener, which receives the descriptor from the
/// parent.
bool has_listener(const Filter& filter);
/// The end of a plan that has a filter.
struct FilterEnd {
    FilterPrivilege privilege;
    bool has_barrier;
};
/// An error if the filter certainly kills init at a call between it and the program.
Status check_filter(const PlanDraft& draft, const Filter& filter, FilterEnd end);
void plan_seccomp(PlanDraft& draft, const Filter& filter);
void plan_ready(PlanDraft& draft);
void plan_barrier(PlanDraft& draft);
/// The descriptors that the program inherits in addition to the standard streams.
struct Inherited {
    unsigned listen_fds = 0;
    unsigned preserve_fds = 0;
};
/// Returns the list of arguments, for plan_exec.
Result<List> plan_prepare(PlanDraft& draft, const Inherited& inherited);
void plan_exec(PlanDraft& draft, List arguments);

// hooks.cc
void plan_host_hooks(PlanDraft& draft);
void plan_create_container_hooks(PlanDraft& draft);
void plan_start_container_hooks(PlanDraft& draft);

// builder.cc
/// The differences between the end of create and the end of exec.
struct TailInputs {
    Filter filter;
    /// The process whose core scheduling cookie is copied, or 0 for a new cookie; nothing: no
    /// cookie.
    std::optional<std::uint64_t> cookie_of;
    NullDevice null = NullDevice::keep;
    Inherited inherited;
    bool has_barrier = false;  ///< the program waits for start
};
/// The end of the canonical order, which is the same for the container's first process and for the
/// processes of exec: scheduling, labels, user, capabilities, filter and program.
Status plan_tail(PlanDraft& draft, const TailInputs& inputs);

}  // namespace crux::plan
