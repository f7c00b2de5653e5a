#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/diagnostics.h"
#include "oci-spec/property_pattern.h"
#include "runtime/host/survey.h"

/// What a host can do for containers, in plain words (crux doctor): from what was read of the host
/// to findings, and from these to a report. Nothing here makes a system call.
namespace crux::doctor {

enum class Grade : std::uint8_t {
    good,
    lacking,  ///< some properties fail here
    broken,   ///< an ordinary container (that of `crux spec`) cannot run
};

/// One thing that a host has or lacks.
struct Finding {
    Grade grade = Grade::good;
    std::string subject;  ///< a word or two
    std::string text;     ///< half a sentence
    /// What of a config.json fails for it, whatever its value …
    std::vector<oci::PropertyPattern> fails;
    /// … or only with some values, which planning for this host finds out (validate --strict).
    bool by_value = false;
    std::string remedy;  ///< the command that mends it; empty: there is none
};

/// Everything worth saying of the host, the kernel first.
std::vector<Finding> examine(const host::Survey& survey);

/// What is left of the findings for one config.json: those that stop it, graded as broken, with the
/// properties that it gives. `planned` is what planning it for this host said.
std::vector<Finding> judge(const std::vector<Finding>& findings, std::string_view config,
                           const oci::Diagnostics& planned);

/// Whether none of the findings is graded as broken.
bool fit(const std::vector<Finding>& findings);

/// The findings for a person, some lines each; `subject` is what can run or not ("an ordinary
/// container").
std::string report_text(const std::vector<Finding>& findings, std::string_view subject);

/// The same as one JSON object: fit, and findings with grade, subject, text, fails (mayFail where
/// it depends on the value) and remedy.
std::string report_json(const std::vector<Finding>& findings);

}  // namespace crux::doctor
