#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/base/program_outcome.h"

/// Hooks on the host's side (config.md, POSIX-platform Hooks): prestart, createRuntime, poststart
/// and poststop, which run in the runtime's namespaces.
namespace crux::hooks {

/// The input of the hooks of one stage.
struct HookContext {
    std::string_view state;  ///< the state document, for stdin
    std::string directory;   ///< its working directory: the bundle
};

/// Runs one hook to its end.
///
/// The hook gets its own session (and process group), no blocked signals, and only the descriptors
/// 0 to 2: the state on stdin, and pipes for stdout and stderr, of which crux keeps the last 4 KiB
/// each. Its arguments are exactly those in the configuration; so is its environment, also an empty
/// one, but without `env` it inherits ours, as with runc. After the timeout its process group is
/// killed. crux does not wait for processes that the hook leaves behind, even if they keep the
/// pipes open.
///
/// A hook that fails is an outcome; an error means that crux could not run it or wait for it. This
/// process must be single-threaded, because signal dispositions change meanwhile.
Result<ProgramOutcome> run(const oci::Hook& hook, const HookContext& setting);

/// Runs the hooks of one stage ("createRuntime") in order, up to the first that fails, and returns
/// its failure.
Status run_all(std::string_view name, const std::vector<oci::Hook>& hooks,
               const HookContext& setting);

/// Runs all hooks of one stage even if some fail (poststop: runtime.md only requires failures to be
/// logged), and returns the failures.
std::vector<Error> run_each(std::string_view name, const std::vector<oci::Hook>& hooks,
                            const HookContext& setting);

}  // namespace crux::hooks
