#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/plan/layout.h"

namespace crux::plan {

/// The facts about a kind of step that are the same in every plan.
struct StepInfo {
    std::string_view name;      ///< as in the layout
    std::string_view facility;  ///< the kernel interfaces that it uses, with their Linux version
    std::string_view why;       ///< the reason for the step; a sentence without a full stop
    /// The capabilities that it can need, in the user namespace that owns what it changes: bit n is
    /// capability n (capabilities(7)).
    std::uint64_t needs = 0;
};

/// The facts about the kind; every kind has them.
const StepInfo& step_info(Kind kind);

}  // namespace crux::plan
