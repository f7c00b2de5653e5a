#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "cmd/crux/options.h"
#include "runtime/base/error.h"

namespace crux::cmd {

/// What of the calling process decides where state is kept and whether cgroups may be refused.
struct Caller {
    uid_t effective_user = 0;
    bool in_user_namespace = false;   ///< its user namespace is not the first one
    std::string runtime_folder;       ///< XDG_RUNTIME_DIR; empty is the same as unset
    std::optional<std::string> user;  ///< USER

    /// This process.
    static Caller here();
};

/// The folder that holds the containers.
struct StateRootChoice {
    enum class Origin : bool { standard, asked };
    std::string path;  ///< absolute and clean
    Origin origin = Origin::standard;
    bool rootless = false;
};

/// /run/crux; for anyone but real root $XDG_RUNTIME_DIR/crux where that is set. StateRootChoice
/// inside a user namespace counts as real root if USER says so.
std::string standard_root(const Caller& caller);

/// Whether the text (--rootless) or, where that is "auto" or empty, the caller makes this a runtime
/// that must live without some rights on cgroups.
Result<bool> is_rootless(std::string_view asked, const Caller& caller);

/// The root for these global flags. A folder below XDG_RUNTIME_DIR is made, with the sticky bit
/// that keeps it from being cleaned away.
Result<StateRootChoice> find_root(const Options& global, const Caller& caller);

/// The path made absolute against the working directory, without ".", ".." and doubled slashes; by
/// its text alone.
Result<std::string> absolute_path(std::string_view path);

/// Makes the bundle the working directory ("" leaves it) and answers its absolute path, without
/// symbolic links.
Result<std::string> enter_bundle(const std::string& bundle);

}  // namespace crux::cmd
