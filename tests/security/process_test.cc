// The program's identity, its descriptors, and what it could do to the runtime's own program. The
// numbers are those of the attacks in docs/security.md.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "tests/security/canary.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

TEST_CASE("1: a user is a number, whatever the image's passwd calls it") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.file("etc/passwd", "1000:x:0:0::/:/bin/sh\n1:x:0:0::/:/bin/sh\nroot:x:0:0::/:/bin/sh\n");
    bundle.set("/process/user", {{"uid", 1000}, {"gid", 1000}});
    bundle.script("id -u; id -g");
    Container container(bundle);
    container.global_options = bare_errors();
    CHECK(container.run().out == "1000\n1000\n");
    for (const json& wrong : {json("1000"), json(-1), json(4294967296), json(1.5), json("root")}) {
        INFO(wrong.dump());
        bundle.set("/process/user/uid", wrong);
        check_refused(Container(bundle).run());
    }
}

TEST_CASE("1: exec --user takes a number exactly or refuses it") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.file("etc/passwd", "1000:x:0:0::/:/bin/sh\n1:x:0:0::/:/bin/sh\nroot:x:0:0::/:/bin/sh\n");
    const Sleeper sleeper(bundle);
    const auto ids = [&](const std::string& user) -> std::optional<std::string> {
        const Outcome outcome = sleeper.exec_script({"--user", user}, "id -u; id -g");
        INFO(user << "\n" << outcome.describe());
        CHECK_FALSE(outcome.timed_out);
        if (!outcome.ok()) return std::nullopt;
        return outcome.out;
    };
    CHECK(ids("1000") == "1000\n0\n");
    CHECK(ids("1") == "1\n0\n");
    CHECK(ids("1:2") == "1\n2\n");
    CHECK(ids("01").value_or("1\n0\n") == "1\n0\n");
    for (const char* wrong : {"+1", "1:", ":1", "4294967295", "4294967296", "18446744073709551617",
                              " 1", "1 ", "-1", "0x1", "1e3", "root", "1:2:3", "1\n", "1:-1"}) {
        INFO('"' << wrong << '"');
        CHECK(ids(wrong) == std::nullopt);
    }
}

TEST_CASE("4: nothing of the installed program is within a container's reach") {
    need_root();
    const Unchanged host;
    const std::string program = crux_program();
    const std::string bytes = read_file(program);
    struct stat before{};
    REQUIRE(stat(program.c_str(), &before) == 0);
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"});
    Container container(bundle);
    container.global_options = bare_errors();
    must(container.create());
    const std::string exe = "/proc/" + std::to_string(container.pid()) + "/exe";
    CHECK_THAT(link_of(exe), Catch::StartsWith("/memfd:"));
    const int readable = open(exe.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(readable >= 0);
    constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    CHECK((fcntl(readable, F_GET_SEALS) & kSeals) == kSeals);
    close(readable);
    const int held = open(exe.c_str(), O_PATH | O_CLOEXEC);
    REQUIRE(held >= 0);
    const std::string again = "/proc/self/fd/" + std::to_string(held);
    CHECK(open(again.c_str(), O_WRONLY | O_CLOEXEC) < 0);
    must(container.start());
    // After the end no process can change it either.
    const int writer = open(again.c_str(), O_WRONLY | O_CLOEXEC);
    if (writer >= 0) {
        CHECK(write(writer, "x", 1) < 0);
        CHECK(ftruncate(writer, 0) < 0);
        close(writer);
    }
    CHECK(open(again.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC) < 0);
    close(held);
    struct stat after{};
    REQUIRE(stat(program.c_str(), &after) == 0);
    CHECK(after.st_mtim.tv_sec == before.st_mtim.tv_sec);
    CHECK(after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
    CHECK(read_file(program) == bytes);
}

TEST_CASE("4: the files of init and of its plan keep their permissions to execute") {
    need_root();
    if (!fs::exists("/proc/sys/vm/memfd_noexec")) skip("needs F_SEAL_EXEC (Linux 6.3)");
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"});
    Container container(bundle);
    must(container.create());
    std::map<std::string, bool> executable;
    for (const fs::directory_entry& mapped :
         fs::directory_iterator("/proc/" + std::to_string(container.pid()) + "/map_files")) {
        const std::string name = link_of(mapped.path());
        if (!name.starts_with("/memfd:")) continue;
        struct stat status{};
        REQUIRE(stat(mapped.path().c_str(), &status) == 0);
        executable[name] = (status.st_mode & 0111U) != 0;
        CHECK(chmod(mapped.path().c_str(), (status.st_mode ^ 0111U) & 0777U) < 0);
        CHECK(errno == EPERM);
    }
    CHECK(executable == std::map<std::string, bool>{{"/memfd:crux-init (deleted)", true},
                                                    {"/memfd:crux-plan (deleted)", false}});
}

TEST_CASE("4: an entry point that is /proc/self/exe runs nothing of the host") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    fs::create_symlink("/proc/self/exe", bundle.rootfs() + "/entry");
    for (const std::vector<std::string>& args : {std::vector<std::string>{"/entry"},
                                                 {"/proc/self/exe"},
                                                 {"/entry", "3"},
                                                 {"/entry", "0"},
                                                 {"/proc/self/exe", "--version"}}) {
        INFO(args[0]);
        bundle.args(args);
        Container container(bundle);
        container.global_options = bare_errors();
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK_FALSE(outcome.timed_out);
        CHECK_FALSE(outcome.ok());
        CHECK(outcome.out.empty());
    }
    const Sleeper sleeper(bundle);
    const Outcome outcome = sleeper.exec({}, {"/entry", "3"});
    CHECK_FALSE(outcome.ok());
    CHECK(outcome.out.empty());
}

TEST_CASE("6: one allowed device allows no other") {
    need_root();
    need_controller("devices");
    const Unchanged host;
    Bundle bundle;
    const std::string node = bundle.rootfs() + "/block";
    if (mknod(node.c_str(), S_IFBLK | 0666, makedev(7, 0)) != 0) skip("cannot make a block device");
    const int opened = open(node.c_str(), O_RDONLY | O_CLOEXEC);
    if (opened < 0 && errno == EPERM) skip("the tests themselves may not open block devices");
    if (opened >= 0) close(opened);
    const json all = {"CAP_MKNOD", "CAP_SYS_ADMIN"};
    bundle.set("/process/capabilities",
               {{"bounding", all}, {"effective", all}, {"permitted", all}});
    bundle.script(
        "cat /block; mknod /dev/made b 7 0; cat /dev/made; cat /dev/null && echo null; "
        "head -c1 /dev/zero >/dev/null && echo zero");
    const json only_null = json::array(
        {{{"allow", true}, {"type", "c"}, {"major", 1}, {"minor", 3}, {"access", "rwm"}}});
    for (const json& devices : {only_null, json::array(), json()}) {
        INFO(devices.dump());
        if (devices.is_null())
            bundle.remove("/linux/resources");
        else
            bundle.set("/linux/resources/devices", devices);
        Container container(bundle);
        container.global_options = bare_errors();
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK(outcome.out == "null\nzero\n");
        CHECK_THAT(outcome.err, Catch::Contains("/block': Operation not permitted") ||
                                    Catch::Contains("/block: Operation not permitted"));
    }
}

TEST_CASE("10: the inheritable and ambient sets are empty unless the config says otherwise") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const std::string script = "grep -E '^Cap(Inh|Amb)' /proc/self/status";
    const std::string none = "CapInh:\t0000000000000000\nCapAmb:\t0000000000000000\n";
    for (const int uid : {0, 1000}) {
        INFO(uid);
        bundle.set("/process/user/uid", uid).script(script);
        Container container(bundle);
        container.global_options = bare_errors();
        CHECK(container.run().out == none);
        const Sleeper sleeper(bundle);
        CHECK(sleeper.exec_script({}, script).out == none);
        CHECK(sleeper.exec_script({"--cap", "CAP_NET_RAW"}, script).out == none);
        CHECK(sleeper.exec_script({"--user", "1000", "--cap", "CAP_NET_RAW"}, script).out == none);
    }
}

TEST_CASE("13: no descriptor of ours is a way out, as working directory or as program") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    fs::create_symlink("/proc/self/fd", bundle.rootfs() + "/fds");
    fs::create_symlink("fds", bundle.rootfs() + "/fdfds");
    bundle.args({"/bin/true"});
    constexpr int kLast = 40;
    for (int fd = 3; fd <= kLast; ++fd)
        for (const std::string prefix :
             {"/proc/self/fd/", "/fdfds/", "/proc/1/fd/", "/proc/self/cwd/../fd/"}) {
            const std::string path = prefix + std::to_string(fd);
            INFO(path);
            bundle.set("/process/cwd", path);
            check_refused(Container(bundle).run());
            bundle.set("/process/cwd", "/");
            if (prefix != "/fdfds/") continue;
            bundle.args({path + "/bin/sh"});
            check_refused(Container(bundle).run());
            bundle.args({"/bin/true"});
        }
}

TEST_CASE("13: exec has no way out by a descriptor either, and no program gets one") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    fs::create_symlink("/proc/self/fd", bundle.rootfs() + "/fds");
    // Without a directory listing, which would open another descriptor.
    const std::string held = "for i in $(seq 0 100); do [ -e /proc/$$/fd/$i ] && echo $i; done";
    {
        const Sleeper sleeper(bundle);
        constexpr int kLast = 40;
        for (int fd = 3; fd <= kLast; ++fd)
            for (const std::string prefix : {"/proc/self/fd/", "/fds/"}) {
                INFO(prefix << fd);
                const std::string path = prefix + std::to_string(fd);
                CHECK_FALSE(sleeper.exec({"--cwd", path}, {"/bin/true"}).ok());
                CHECK_FALSE(sleeper.exec({}, {path + "/bin/true"}).ok());
            }
        CHECK(sleeper.exec_script({}, held).out == "0\n1\n2\n");
    }
    bundle.script(held);
    CHECK(Container(bundle).run().out == "0\n1\n2\n");
}

}  // namespace
}  // namespace crux::test
