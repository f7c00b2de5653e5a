#pragma once

#include <string>
#include <vector>

#include "runtime/plan/plan.h"

namespace crux::plan {

/// The whole plan for people: what happens on the host and inside the container, in order, which
/// kernel facility does it, where in config.json it comes from, and why it is there. Ends with a
/// line end. The same plan gives the same text.
std::string explain_text(const Plan& plan);

/// The same for programs: one JSON object with the container's id and an array of steps, each with
/// its number on its side, its side ("host" or "init"), kind, what, facility, origin (a JSON
/// pointer, or "every container", or "every exec") and why.
std::string explain_json(const Plan& plan);

/// The steps of explain_text, a line each: when and where, what, and the place in config.json.
std::vector<std::string> explain_lines(const Plan& plan);

}  // namespace crux::plan
