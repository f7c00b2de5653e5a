#pragma once

#include <string_view>

#include "runtime/plan/layout.h"

namespace crux::plan {

/// What there is to know about a kind of step, whoever asks for it.
struct StepInfo {
    std::string_view name;      ///< as in the layout
    std::string_view facility;  ///< the kernel interfaces behind it, and since which Linux
    std::string_view why;       ///< why a container gets it; a sentence without a full stop
};

/// The row of the kind; every kind has one.
const StepInfo& step_info(Kind kind);

}  // namespace crux::plan
