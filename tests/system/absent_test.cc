// Properties that this host may not support: refused with the reason if they are requested, and
// only then.

#include <unistd.h>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/runs.h"

namespace crux::test {
namespace {

TEST_CASE("intelRdt is refused where resctrl is not mounted") {
    need_root();
    if (read_file("/proc/self/mountinfo").find(" - resctrl ") != std::string::npos)
        skip("resctrl is mounted here");
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/intelRdt", {{"closID", "gold"}});
    create_refused(bundle, "needs a mounted resctrl file system");
    create_refused(bundle, "(config.json: /linux/intelRdt)");
}

TEST_CASE("an AppArmor profile is refused where AppArmor is not active") {
    need_root();
    if (access("/sys/kernel/security/apparmor/profiles", F_OK) == 0) skip("AppArmor is active");
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/apparmorProfile", "demo");
    create_refused(bundle,
                   "apparmor profile is specified in config, but apparmor is disabled or not "
                   "supported (config.json: /process/apparmorProfile)");
    bundle.set("/process/apparmorProfile", "");
    CHECK(output_of(bundle) == "");
}

TEST_CASE("SELinux labels are refused if SELinux is not active") {
    need_root();
    if (access("/sys/fs/selinux/enforce", F_OK) == 0) skip("SELinux is active");
    const Unchanged host;
    Bundle bundle;
    constexpr const char* kLabel = "system_u:system_r:container_t:s0:c1,c2";
    bundle.set("/process/selinuxLabel", kLabel);
    create_refused(bundle,
                   "selinux label is specified in config, but selinux is disabled or not supported "
                   "(config.json: /process/selinuxLabel)");
    bundle.remove("/process/selinuxLabel").set("/linux/mountLabel", kLabel);
    create_refused(bundle,
                   "mount label is specified in config, but selinux is disabled or not supported "
                   "(config.json: /linux/mountLabel)");
}

}  // namespace
}  // namespace crux::test
