#pragma once

#include <vector>

#include "runtime/launch/launch.h"

namespace crux::launch {

/// The descriptors behind a plan's slots. Owned ones are closed once init has its copies.
struct Slots {
    std::vector<sys::Fd> owned;
    std::vector<int> inherited;  ///< the numbers that init keeps
};

/// Opens what each slot of the plan stands for and writes the numbers to the plan's header. A
/// namespace's path must be of the slot's type.
Result<Slots> open_slots(plan::Plan& plan, const Outside& outside);

/// Opens a namespace file and checks its type.
Result<sys::Fd> open_namespace(const std::string& path, plan::Namespace type,
                               const std::string& origin);

}  // namespace crux::launch
