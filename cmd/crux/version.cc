#include "cmd/crux/version.h"

#include "oci-spec/config.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

/// "key: value", or an empty text if the build does not know the value.
std::string line(std::string_view key, std::string_view value) {
    return value.empty() ? "" : cat(key, ": ", value, '\n');
}

}  // namespace

std::string_view version_number() {
    return CRUX_VERSION;
}

std::string version_text(std::string_view program) {
    return cat(program == "runc" ? "runc" : "crux", " version ", version_number(), '\n',
               line("commit", CRUX_COMMIT), line("spec", oci::kSpecVersion),
               line("libseccomp", CRUX_SECCOMP_VERSION));
}

oci::Build this_build() {
    oci::Build build;
    build.version = version_number();
    build.commit = CRUX_COMMIT;
    build.checkpoint = true;
    build.libseccomp_version = CRUX_SECCOMP_VERSION;
    build.systemd = true;
    return build;
}

}  // namespace crux::cmd
