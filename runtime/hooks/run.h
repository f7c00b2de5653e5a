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

/// What a hook of one moment gets.
struct HookContext {
    std::string_view state;  ///< the state document, for stdin
    std::string directory;   ///< its working directory: the bundle
};

/// Runs one hook to its end.
///
/// It gets a session (and so a process group) of its own, no blocked signals, and no descriptor
/// but 0 to 2: the state on stdin, and pipes for the other two, of which the last 4 KiB are kept
/// each. Its arguments are exactly those given; its environment too, also an empty one, but where
/// none is given it inherits ours, as runc does. When its time is over, its process group is
/// killed. A process that it leaves behind is not waited for, though it may hold the pipes.
///
/// A hook that fails is an outcome; an error means that it could not be run or waited for. We must
/// have no other thread: signal dispositions are changed meanwhile.
Result<ProgramOutcome> run(const oci::Hook& hook, const HookContext& setting);

/// Runs the hooks of one moment ("createRuntime") in their order, up to the first that fails,
/// whose failure is the answer.
Status run_all(std::string_view name, const std::vector<oci::Hook>& hooks,
               const HookContext& setting);

/// Runs all hooks of one moment whatever becomes of them (poststop, where runtime.md wants failures
/// to be logged and nothing more); the failures.
std::vector<Error> run_each(std::string_view name, const std::vector<oci::Hook>& hooks,
                            const HookContext& setting);

}  // namespace crux::hooks
