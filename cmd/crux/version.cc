#include "cmd/crux/version.h"

#include "oci-spec/config.h"
#include "runtime/base/text.h"

namespace crux::cmd {

std::string_view version_number() {
    return CRUX_VERSION;
}

std::string version_text(std::string_view program) {
    constexpr std::string_view kCommit = CRUX_COMMIT;
    constexpr std::string_view kSeccomp = CRUX_SECCOMP_VERSION;
    std::string out = cat(program == "runc" ? "runc" : "crux", " version ", version_number(), '\n');
    if (!kCommit.empty()) out += cat("commit: ", kCommit, '\n');
    out += cat("spec: ", oci::kSpecVersion, '\n');
    if (!kSeccomp.empty()) out += cat("libseccomp: ", kSeccomp, '\n');
    return out;
}

}  // namespace crux::cmd
