#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/diagnostics.h"
#include "oci-spec/property_pattern.h"
#include "runtime/host/survey.h"

/// What a host supports for containers (crux doctor): findings from a survey of the host, and a
/// report from the findings. Nothing here makes a system call.
namespace crux::doctor {

enum class Grade : std::uint8_t {
    good,
    limited,  ///< some properties of a config.json fail here
    broken,   ///< an ordinary container (that of `crux spec`) cannot run
};

/// One thing that a host supports, or does not support.
struct Finding {
    Grade grade = Grade::good;
    std::string subject;  ///< a word or two
    std::string text;     ///< half a sentence
    /// The properties of a config.json that fail because of it, whatever their value …
    std::vector<oci::PropertyPattern> fails;
    /// … or only with some values, which a plan for this host shows (validate --strict).
    bool by_value = false;
    std::string remedy;  ///< the command that fixes it; empty: there is none
};

/// All findings for the host, the kernel first.
std::vector<Finding> examine(const host::Survey& survey);

/// The findings that stop one config.json, graded as broken, with the properties that the
/// config.json sets. `planned` holds the errors and warnings of its plan for this host.
std::vector<Finding> judge(const std::vector<Finding>& findings, std::string_view config,
                           const oci::Diagnostics& planned);

/// Whether no finding is graded as broken.
bool fit(const std::vector<Finding>& findings);

/// The findings as text, some lines each. The last line says whether `subject` ("an ordinary
/// container") can run.
std::string report_text(const std::vector<Finding>& findings, std::string_view subject);

/// The same as one JSON object: fit, and findings with grade, subject, text, fails (mayFail if it
/// depends on the value) and remedy.
std::string report_json(const std::vector<Finding>& findings);

}  // namespace crux::doctor
