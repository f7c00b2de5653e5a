#pragma once

#include <string>
#include <vector>

#include "runtime/plan/plan.h"

namespace crux::plan {

/// The whole plan as text: the steps on the host and in the container, in order, each with the
/// kernel interface that it uses, the property of config.json that requests it, and the reason for
/// it. Ends with a line end. The same plan gives the same text.
std::string explain_text(const Plan& plan);

/// The same for programs: one JSON object with the container's ID and an array of steps. Each has
/// its number on its side, its side ("host" or "init"), kind, what, facility, origin (a JSON
/// pointer, or "every container", or "every exec") and why.
std::string explain_json(const Plan& plan);

/// The steps of explain_text, one line each: when and where, what, and the property of config.json.
std::vector<std::string> explain_lines(const Plan& plan);

/// The properties of config.json that the steps of the plan are for, as JSON pointers.
std::vector<std::string> origins_of(const Plan& plan);

}  // namespace crux::plan
