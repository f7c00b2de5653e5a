#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "cmd/crux/options.h"
#include "runtime/base/error.h"

namespace crux::cmd {

/// The properties of the calling process that select the state directory and rootless mode.
struct Caller {
    uid_t effective_user = 0;
    bool in_user_namespace = false;   ///< its user namespace is not the initial one
    std::string runtime_folder;       ///< XDG_RUNTIME_DIR; empty is the same as unset
    std::optional<std::string> user;  ///< USER

    std::string program = "crux";  ///< the name that it was started as: "runc" is another root

    /// This process, started as this program.
    static Caller here(std::string_view program);
};

/// Whether the beginning of /proc/PID/uid_map is the mapping of the initial user namespace, which
/// maps every ID to itself in one line.
bool is_initial_map(std::string_view uid_map);

/// The state directory.
struct StateRootChoice {
    enum class Origin : bool { standard, asked };
    std::string path;  ///< absolute and clean
    Origin origin = Origin::standard;
    bool rootless = false;
};

/// /run/crux, or $XDG_RUNTIME_DIR/crux if that is set and the caller is not real root. Root of a
/// user namespace counts as real root if USER is "root". Started as runc, crux uses runc's: who
/// puts crux in runc's place has scripts and engines that know no other.
std::string standard_root(const Caller& caller);

/// Whether crux runs in rootless mode, in which some permissions on cgroups may be missing: as the
/// text (--rootless) says, or if that is "auto" or empty, as the caller's user and namespace
/// require.
Result<bool> is_rootless(std::string_view asked, const Caller& caller);

/// The state directory for these global flags. A directory below XDG_RUNTIME_DIR is created, with
/// the sticky bit that protects it from automatic cleanup.
Result<StateRootChoice> find_root(const Options& global, const Caller& caller);

/// The path made absolute from the working directory, without ".", ".." and repeated slashes. Works
/// on the text only.
Result<std::string> absolute_path(std::string_view path);

/// Changes the working directory to the bundle ("" is no change) and returns its absolute path,
/// without symbolic links.
Result<std::string> enter_bundle(const std::string& bundle);

}  // namespace crux::cmd
