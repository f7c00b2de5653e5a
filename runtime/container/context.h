#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/base/step_log.h"
#include "runtime/base/text.h"

namespace crux::container {

/// Sentences for the user about an operation that goes on: what is ignored or done differently.
using Warnings = std::vector<std::string>;

/// Where the containers' states are kept.
struct StateRoot {
    std::string path;       ///< absolute; empty: no state is kept (explain, validate, doctor)
    bool rootless = false;  ///< the caller is not root of the machine
};

/// What an operation on one container is given besides its own options: which container, and where
/// to report. Passed down unchanged.
struct Context {
    StateRoot state_root;
    std::string id;
    Warnings& warnings;
    StepLog* step_log = nullptr;  ///< null: no log
    Warnings* notes = nullptr;    ///< quiet warnings; null: they are as the others
    /// cgroup::LimitsOptions::strict
    bool strict_resources = false;

    void warn(std::string sentence) const { warnings.push_back(std::move(sentence)); }
    /// Reports what every runtime accepts without a word.
    void note(std::string sentence) const {
        (notes == nullptr ? warnings : *notes).push_back(std::move(sentence));
    }
    /// The path of the container's state directory.
    [[nodiscard]] std::string state_path() const { return cat(state_root.path, '/', id); }
};

}  // namespace crux::container
