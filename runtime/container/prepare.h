#pragma once

#include <optional>
#include <string>

#include "oci-spec/diagnostics.h"
#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/container/operations.h"
#include "runtime/host/facts.h"
#include "runtime/plan/plan.h"

namespace crux::container {

/// A bundle's configuration, read and found good.
struct Bundle {
    std::string path;         ///< absolute
    std::string config_text;  ///< config.json as it is on disk
    oci::Config config;
    oci::Diagnostics diagnostics;  ///< warnings
    std::string rootfs;            ///< absolute
};

/// Reads config.json and judges it; all that is wrong with it comes back as one error.
Result<Bundle> read_bundle(const std::string& path);

/// Everything decided about a container before anything happens. The plan refers to the rest, so it stays in
/// one place.
struct Prepared {
    Bundle bundle;
    host::Facts facts;
    plan::Plan plan;
};

/// config → plan. `place` is where compiled seccomp programs are kept; none: they are compiled anew.
Result<Prepared> prepare(std::string_view id, Bundle bundle, const CreateOptions& options,
                         bool foreground_terminal, const Place* place, Warnings& warnings);

}  // namespace crux::container
