// SELinux labels, on a host with a loaded policy; it may be permissive.

#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/runs.h"

namespace crux::test {
namespace {

/// A process label that the policy contains: one for programs of containers if the policy has one,
/// else one for users.
std::string known_label() {
    if (access("/sys/fs/selinux/enforce", F_OK) != 0) skip("SELinux is not active");
    for (const char* label :
         {"system_u:system_r:container_t:s0", "unconfined_u:unconfined_r:unconfined_t:s0"}) {
        std::ofstream context("/sys/fs/selinux/context");
        context << label << std::flush;
        if (context) return label;
    }
    skip("needs a loaded SELinux policy with a label for a container");
}

/// The serial number of a session keyring with this name, among the keys visible to us.
long session_keyring(const std::string& name) {
    std::ifstream keys("/proc/keys");
    for (std::string line; std::getline(keys, line);) {
        std::istringstream words(line);
        std::string serial;
        words >> serial;
        if (line.find(" " + name + ": ") != std::string::npos)
            return std::stol(serial, nullptr, 16);
    }
    return 0;
}

std::string label_of_key(long serial) {
    constexpr int kGetSecurity = 17;
    char label[256] = {};
    if (syscall(SYS_keyctl, kGetSecurity, serial, label, sizeof label) < 0) return "";
    return label;
}

TEST_CASE("a process, its session keyring and its mounts have the SELinux labels asked for") {
    need_root();
    const std::string label = known_label();
    const std::string files = "system_u:object_r:tmp_t:s0";
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/selinuxLabel", label)
        .set("/linux/mountLabel", files)
        .script("tr -d '\\0' </proc/self/attr/current; echo; cat /proc/self/mountinfo");
    const std::string shown = output_of(bundle);
    CHECK(shown.substr(0, shown.find('\n')) == label);
    CHECK_THAT(mount_at(shown, "/dev"), Catch::Contains("context=" + files));

    bundle.args({"/bin/sleep", "1000"});
    Container container(bundle);
    must(container.create());
    CHECK(label_of_key(session_keyring("_ses." + container.id())) == label);
    must(container.start());
    CHECK(container.crux({"exec", container.id(), "/bin/cat", "/proc/self/attr/current"})
              .out.starts_with(label));
}

TEST_CASE("a SELinux label that is not in the policy fails create with its pointer") {
    need_root();
    (void)known_label();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/selinuxLabel", "a:b:c:d");
    create_refused(bundle, "/process/selinuxLabel");
}

}  // namespace
}  // namespace crux::test
