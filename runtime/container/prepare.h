#pragma once

#include <optional>
#include <string>

#include "oci-spec/diagnostics.h"
#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/container/operations.h"
#include "runtime/host/facts.h"
#include "runtime/plan/plan.h"
#include "runtime/seccomp/bpf_program.h"
#include "runtime/systemd/unit.h"

namespace crux::container {

/// A bundle's configuration, read and found good.
struct Bundle {
    std::string path;         ///< absolute
    std::string config_text;  ///< config.json as it is on disk
    oci::Config config;
    oci::Diagnostics diagnostics;  ///< warnings
    std::string rootfs;            ///< absolute
};

/// The text of the bundle's config.json, which must be a regular file. "JSON specification file
/// config.json not found" where there is none.
Result<std::string> read_config_text(const std::string& path);

/// Reads config.json and judges it; all that is wrong with it comes back as one error.
Result<Bundle> read_bundle(const std::string& path);

/// Everything decided about a container before anything happens. The plan refers to the rest, so it
/// stays in one place.
struct Prepared {
    Bundle bundle;
    host::Facts facts;
    plan::Plan plan;
    std::optional<systemd::Unit> unit;  ///< whose cgroup the container's is, with --systemd-cgroup
};

/// config → plan. `place` is where compiled seccomp programs are kept; none: they are compiled
/// anew.
Result<Prepared> prepare(std::string_view id, Bundle bundle, const CreateOptions& options,
                         bool foreground_terminal, const StateRoot* place, Warnings& warnings);

/// A seccomp profile as a program; from the cache below the state root where there is one. What the
/// profile names and nobody knows, and a cache that cannot be used, are warnings.
Result<seccomp::BpfProgram> compiled(const oci::Seccomp& profile, const StateRoot* place,
                                     Warnings& warnings);

/// The instructions as the plan takes them.
std::span<const std::uint64_t> instructions_of(const seccomp::BpfProgram& program);

/// Tells each step of the plan, and the flags that the seccomp filter is loaded with.
void log_plan(const plan::Plan& plan, StepLog* step_log);

/// Sets the plan's resource limits on a process that asks for them (Request::resource_limits).
Status limit_resources(const plan::Plan& plan, pid_t pid);

/// How long init may take to send a terminal's master, in milliseconds.
inline constexpr int kTerminalMs = 10'000;

}  // namespace crux::container
