// Landlock by annotation: the file accesses that the program may make.

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/runs.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace crux::test {
namespace {

constexpr const char* kName = "org.cruxruntime.landlock";

int landlock_abi() {
    constexpr long kCreateRuleset = 444;
    return static_cast<int>(syscall(kCreateRuleset, nullptr, 0, 1));
}

void need_landlock(int abi) {
    if (landlock_abi() < abi) skip("needs Landlock with ABI " + std::to_string(abi));
}

TEST_CASE("Landlock allows what its rules name and nothing else") {
    need_root();
    need_landlock(3);
    const Unchanged host;
    Bundle bundle;
    bundle.file("data/secret", "secret\n")
        .file("data/public", "public\n")
        .folder("out")
        .set("/root/readonly", false)
        .set("/annotations", {{kName,
                               "read,execute:/bin; read_file:/data/public; "
                               "create,write,read,remove:/out;write:/dev/null"}})
        .script(
            "cat /data/public; cat /data/secret; ls /data; echo new > /out/file; cat /out/file;"
            "rm /out/file; echo no > /data/file; mkdir /tmp/x; echo gone > /dev/null;"
            "/bin/busybox true && echo ran; mount -t tmpfs x /out; true");
    for (const bool no_new_privileges : {true, false}) {
        INFO(no_new_privileges);
        bundle.set("/process/noNewPrivileges", no_new_privileges);
        Container container(bundle);
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK(outcome.out == "public\nnew\nran\n");
        CHECK_THAT(outcome.err, Catch::Contains("/data/secret': Permission denied") &&
                                    Catch::Contains("can't open '/data': Permission denied") &&
                                    Catch::Contains("can't create /data/file: Permission denied"));
    }
}

TEST_CASE("a process of exec is confined by the container's Landlock rules too") {
    need_root();
    need_landlock(3);
    const Unchanged host;
    Bundle bundle;
    bundle.file("data/secret", "secret\n")
        .set("/annotations", {{kName, "read,execute:/bin"}})
        .args({"/bin/sleep", "30"});
    Container container(bundle);
    must(container.create());
    must(container.start());
    const Outcome outcome = container.crux({"exec", container.id(), "/bin/cat", "/data/secret"});
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, Catch::Contains("Permission denied"));
    CHECK(container.crux({"exec", container.id(), "/bin/echo", "hello"}).out == "hello\n");
}

TEST_CASE("the rights of later ABI versions are asked for by abi=") {
    need_root();
    need_landlock(5);
    const Unchanged host;
    Bundle bundle;
    bundle.file("data/file", "text\n")
        .set("/root/readonly", false)
        .set("/annotations", {{kName, "abi=1; read,execute:/"}})
        .script(": > /data/new; stty -F /dev/null; true");
    // The first version has no right for truncation, but one for creation.
    Container first(bundle);
    CHECK_THAT(first.run().err, Catch::Contains("/data/new: Permission denied"));
    bundle.set("/annotations", {{kName, "abi=5; all:/"}})
        .script("echo x > /data/file; cat /data/file");
    CHECK(output_of(bundle) == "x\n");
}

TEST_CASE("Landlock errors have their pointer") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const struct {
        const char* value;
        const char* sentence;
    } cases[] = {
        {"", "must contain at least one RIGHTS:PATH"},
        {"read", "expected RIGHTS:PATH, not \"read\""},
        {"read:bin", "must contain an absolute path, not \"bin\""},
        {"fly:/bin", "unknown Landlock right \"fly\""},
        {"ioctl_dev:/dev", "the right \"ioctl_dev\" requires the entry \"abi=5\""},
        {"abi=9;read:/", "the ABI version must be from 1 to 5, not \"9\""},
    };
    for (const auto& one : cases) {
        INFO(one.value);
        bundle.set("/annotations", {{kName, one.value}});
        create_refused(bundle, one.sentence);
        create_refused(bundle, std::string("(config.json: /annotations/") + kName + ")");
    }
    if (landlock_abi() < 3) {
        bundle.set("/annotations", {{kName, "read:/"}});
        create_refused(bundle, "requires Linux 6.2 with Landlock (ABI 3)");
        return;
    }
    bundle.set("/annotations", {{kName, "read:/nosuch"}});
    create_refused(bundle, "Landlock rule for \"/nosuch\": openat2: no such file or directory");
    // The program itself must stay usable.
    bundle.set("/annotations", {{kName, "read:/etc"}});
    Container container(bundle);
    CHECK(container.run().status != 0);
}

}  // namespace
}  // namespace crux::test
