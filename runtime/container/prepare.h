#pragma once

#include <optional>
#include <string>

#include "oci-spec/diagnostics.h"
#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/container/context.h"
#include "runtime/container/options.h"
#include "runtime/host/facts.h"
#include "runtime/plan/plan.h"
#include "runtime/seccomp/bpf_program.h"
#include "runtime/systemd/unit.h"

namespace crux::container {

/// A bundle's configuration, read and valid.
struct Bundle {
    std::string path;         ///< absolute
    std::string config_text;  ///< config.json as it is on disk
    oci::Config config;
    oci::Diagnostics diagnostics;  ///< warnings
    std::string rootfs;            ///< absolute
};

/// The text of the bundle's config.json, or of this file instead, which must be a regular file.
/// "JSON specification file config.json not found" where there is none.
Result<std::string> read_config_text(const std::string& bundle, const std::string& file = {});

/// Reads config.json, or this file instead, and checks it; all its faults are returned as one
/// error.
Result<Bundle> read_bundle(const std::string& path, const std::string& file = {});

/// Everything decided about a container before anything happens. The plan points into the rest.
struct Prepared {
    Bundle bundle;
    host::Facts facts;
    plan::Plan plan;
    std::optional<systemd::Unit> unit;  ///< whose cgroup the container's is, with --systemd-cgroup
};

/// config → plan. Without a state root seccomp filters are compiled anew, not taken from the cache
/// below it.
Result<Prepared> prepare(const Context& context, Bundle bundle, const CreateOptions& options,
                         bool foreground_terminal);

/// The configuration's seccomp profile as a program; from the cache below the state root where
/// there is one. A cache that cannot be used is a warning, and so are system calls that libseccomp
/// does not know, unless crun's annotation makes them an error.
Result<seccomp::BpfProgram> compiled(const Context& context, const oci::Config& config);

/// The instructions as the plan takes them.
std::span<const std::uint64_t> instructions_of(const seccomp::BpfProgram& program);

/// Logs each step of the plan, and the flags that the seccomp filter is loaded with.
void log_plan(const plan::Plan& plan, StepLog* step_log);

/// Sets the plan's resource limits on a process that asks for them (Request::resource_limits).
Status limit_resources(const plan::Plan& plan, pid_t pid);

/// In front of the failures of create, run and exec between the clone and the barrier; callers of
/// runc match it.
inline constexpr const char* kUnableToStart = "unable to start container process";

}  // namespace crux::container
