#include "tests/support/criu.h"

#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/command.h"
#include "tests/support/facts.h"

namespace crux::test {

namespace {

namespace fs = std::filesystem;

/// CRIU mounts cgroup2 to read the processes' cgroups, and every such mount from the initial
/// namespace resets the options of the filesystem, without nsdelegate. crux does not cause this,
/// so it is done before the snapshot of the host.
void mount_as_criu_does() {
    if (cgroup_mode() == CgroupMode::v1) return;
    static const Outcome mounted =
        run({"unshare", "--mount", "mount", "-t", "cgroup2", "none", "/mnt"});
    INFO(mounted.describe());
    REQUIRE(mounted.ok());
}

}  // namespace

void need_criu() {
    need_root();
    // `criu check` does not report this: it requires PTRACE_GET_RSEQ_CONFIGURATION only for
    // programs with rseq.
    if (!kernel_is_at_least(5, 13))
        skip("criu cannot dump programs with rseq (glibc 2.35) before Linux 5.13");
    // It writes a log into the working directory, and the project's directory may be read-only.
    const Outcome check =
        run({"criu", "check"}, {.timeout = 30s, .cwd = fs::temp_directory_path()});
    if (check.ok()) {
        mount_as_criu_does();
        return;
    }
    constexpr int kNotFound = 127;
    if (check.status == kNotFound) skip("criu is not installed");
    const auto lines = lines_of(check.err);
    skip("criu does not work with this kernel: " + (lines.empty() ? "" : lines.back()));
}

void need_criu_feature(const std::string& feature) {
    need_criu();
    const Outcome check =
        run({"criu", "check", "--feature", feature}, {.cwd = fs::temp_directory_path()});
    if (!check.ok()) skip("criu does not support " + feature + " with this kernel");
}

}  // namespace crux::test
