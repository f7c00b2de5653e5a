#pragma once

#include "oci-spec/diagnostics.h"
#include "oci-spec/types.h"

/// The functions behind the rules, one file for each object family; rules.cc lists them.
namespace crux::oci {

// rules_config.cc
void check_host_names(const Config& config, Diagnostics& out);
void check_annotations(const Config& config, Diagnostics& out);
void check_hook_paths(const Config& config, Diagnostics& out);
void check_hook_timeouts(const Config& config, Diagnostics& out);
void check_hook_environments(const Config& config, Diagnostics& out);

// rules_mounts.cc
void check_destinations(const Config& config, Diagnostics& out);
void check_mount_types(const Config& config, Diagnostics& out);
void check_source_lengths(const Config& config, Diagnostics& out);
void check_bind_options(const Config& config, Diagnostics& out);
void check_proc_mounts(const Config& config, Diagnostics& out);
void check_mount_mappings(const Config& config, Diagnostics& out);
void check_tmpcopyup(const Config& config, Diagnostics& out);

// rules_process.cc
void check_console_size(const Process& process, Diagnostics& out);
void check_cwd(const Process& process, Diagnostics& out);
void check_args(const Process& process, Diagnostics& out);
void check_environment(const Process& process, Diagnostics& out);
void check_rlimits(const Process& process, Diagnostics& out);
void check_capabilities(const Process& process, Diagnostics& out);
void check_oom_score(const Process& process, Diagnostics& out);
void check_scheduler(const Process& process, Diagnostics& out);
void check_io_priority(const Process& process, Diagnostics& out);
void check_user(const Process& process, Diagnostics& out);

// rules_namespaces.cc
void check_namespaces(const Config& config, Diagnostics& out);
void check_namespace_paths(const Config& config, Diagnostics& out);
void check_user_namespace(const Config& config, Diagnostics& out);
void check_id_mappings(const Config& config, Diagnostics& out);
void check_mapped_ids(const Config& config, Diagnostics& out);
void check_time_offsets(const Config& config, Diagnostics& out);
void check_net_devices(const Config& config, Diagnostics& out);
void check_sysctl(const Config& config, Diagnostics& out);
/// Checks one list of ID mappings at the pointer.
void check_mapping_list(const std::vector<IdMapping>& mappings, const std::string& at,
                        Diagnostics& out);

// rules_linux.cc
void check_devices(const Config& config, Diagnostics& out);
void check_cgroups_path(const Config& config, Diagnostics& out);
void check_intel_rdt(const Config& config, Diagnostics& out);
void check_memory_policy(const Config& config, Diagnostics& out);
void check_personality(const Config& config, Diagnostics& out);
void check_restricted_paths(const Config& config, Diagnostics& out);
void check_root_propagation(const Config& config, Diagnostics& out);

// rules_resources.cc
void check_device_rules(const Resources& resources, Diagnostics& out);
void check_memory(const Resources& resources, Diagnostics& out);
void check_cpu(const Resources& resources, Diagnostics& out);
void check_block_io(const Resources& resources, Diagnostics& out);
void check_hugepages(const Resources& resources, Diagnostics& out);
void check_network_priorities(const Resources& resources, Diagnostics& out);
void check_rdma(const Resources& resources, Diagnostics& out);
void check_unified(const Resources& resources, Diagnostics& out);

// rules_seccomp.cc
void check_seccomp_errno(const Config& config, Diagnostics& out);
void check_seccomp_rules(const Config& config, Diagnostics& out);
void check_seccomp_notify(const Config& config, Diagnostics& out);

/// Checks the range of a device number (12 and 20 bits in the kernel); errors have the places
/// "<at>/major" and "<at>/minor".
void check_device_numbers(std::uint32_t major, std::uint32_t minor, const std::string& at,
                          Diagnostics& out);

/// The path from "/", without "." and ".."; as in a container, ".." does not lead above the root.
std::string cleaned(std::string_view path);

/// Whether one of the path's components is "..".
bool climbs(std::string_view path);

}  // namespace crux::oci
