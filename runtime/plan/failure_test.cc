#include <asm/unistd.h>

#include <cerrno>
#include <csignal>

#include "runtime/plan/assembler.h"
#include "runtime/plan/describe.h"
#include "tests/support/catch.h"

using namespace crux;
using namespace crux::plan;

namespace {

InitReport report_of(std::uint32_t call, int error, std::int32_t extra = 0,
                     std::string_view detail = {}) {
    InitReport report = {};
    report.say = Say::failed;
    report.call = call;
    report.error = error;
    report.extra = extra;
    report.detail_length = static_cast<std::uint32_t>(detail.size());
    detail.copy(report.detail, sizeof report.detail);
    return report;
}

/// A plan of one step, created by the function, and of the program that failures name.
template <class Make>
Plan plan_with(const char* program, const Make& make) {
    Assembler out;
    make(out);
    const std::vector<std::string> arguments = {program};
    const List list = out.texts(arguments);
    out.add(Kind::exec, "/process/args").exec = {.arguments = list};
    return std::move(out).finish({});
}

std::string find_failure(const char* program, std::uint32_t call, int error) {
    const Plan plan = plan_with(program, [](Assembler& out) {
        out.add(Kind::find_program, "/process/args/0").find_program = {};
    });
    return failure_sentence(plan, report_of(call, error)).text();
}

Plan hook_plan() {
    return plan_with("x", [](Assembler& out) {
        Step& step = out.add(Kind::hook, "/hooks/createContainer/2");
        step.hook.index = 2;
        step.hook.timeout = 5;
    });
}

Plan mount_plan() {
    return plan_with("x", [](Assembler& out) {
        const Text type = out.text("tmpfs");
        const Text target = out.text("run");
        const Text key = out.text("size");
        const Parameter size = {.key = key, .value = out.text("1x"), .has_value = 1};
        const List parameters = out.list(std::span(&size, 1));
        Step& step = out.add(Kind::mount, "/mounts/3");
        step.mount = {.type = type,
                      .source = type,
                      .target = target,
                      .parameters = parameters,
                      .attributes = {},
                      .propagation = 0,
                      .flags = 0,
                      .idmap = kNoSlot};
    });
}

}  // namespace

TEST_CASE("a program that cannot be found or executed is reported in the text that callers match") {
    CHECK(find_failure("foo", __NR_statx, ENOENT) ==
          R"(exec: "foo": executable file not found in $PATH)");
    CHECK(find_failure("foo", __NR_faccessat, EACCES) ==
          R"(exec: "foo": executable file not found in $PATH)");
    CHECK(find_failure("foo", __NR_statx, EIO) == R"(exec: "foo": statx: input/output error)");
    for (const int error : {ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG, ENODEV, ESTALE, ETIMEDOUT})
        CHECK(find_failure("foo", __NR_statx, error) ==
              R"(exec: "foo": executable file not found in $PATH)");
    CHECK(find_failure("/foo", __NR_statx, ENOENT) ==
          R"(exec: "/foo": stat /foo: no such file or directory)");
    CHECK(find_failure("./foo", __NR_statx, ENOTDIR) ==
          R"(exec: "./foo": stat ./foo: not a directory)");
    CHECK(find_failure("/foo", __NR_faccessat, EACCES) == R"(exec: "/foo": permission denied)");
    CHECK(find_failure("/etc", __NR_statx, EISDIR) ==
          R"(exec: "/etc": is a directory: permission denied)");
}

TEST_CASE("a working directory that cannot be entered is named") {
    const Plan plan = plan_with("x", [](Assembler& out) {
        const Text path = out.text("/x");
        out.add(Kind::working_directory, "/process/cwd").working_directory = {path};
    });
    CHECK(failure_sentence(plan, report_of(__NR_chdir, ENOENT)).message() ==
          R"(chdir to cwd ("/x") set in config.json failed: no such file or directory)"
          " (config.json: /process/cwd)");
    CHECK(failure_sentence(plan, report_of(__NR_getcwd, ENOENT)).text() ==
          "current working directory is outside of container mount namespace root -- possible "
          "container breakout detected");
    for (const int error : {EPERM, EACCES, ENOMEM, ENOSYS})
        CHECK(failure_sentence(plan, report_of(__NR_getcwd, error)).text() ==
              "verify that the working directory is inside the container: getcwd: " +
                  std::string(errno_words(error)));
}

TEST_CASE("a failed mount shows source, target, the option and the filesystem's own message") {
    const Plan plan = mount_plan();
    CHECK(failure_sentence(plan, report_of(__NR_move_mount, EBUSY)).message() ==
          R"(error mounting "tmpfs" to rootfs at "/run": move_mount: device or resource busy)"
          " (config.json: /mounts/3)");
    CHECK(failure_sentence(plan,
                           report_of(__NR_fsconfig, EINVAL, 1, "e tmpfs: Bad value for 'size'\n"))
              .text() == R"(error mounting "tmpfs" to rootfs at "/run": option "size=1x": )"
                         "fsconfig: invalid argument (tmpfs: Bad value for 'size')");
    const Plan misspelled = plan_with("x", [](Assembler& out) {
        const Parameter option = {.key = out.text("noexce"), .value = {}, .has_value = 0};
        const Text type = out.text("tmpfs");
        const Text target = out.text("run");
        const List parameters = out.list(std::span(&option, 1));
        out.add(Kind::mount, "/mounts/3").mount = {.type = type,
                                                   .source = type,
                                                   .target = target,
                                                   .parameters = parameters,
                                                   .attributes = {},
                                                   .propagation = 0,
                                                   .flags = 0,
                                                   .idmap = kNoSlot};
    });
    CHECK(failure_sentence(misspelled, report_of(__NR_fsconfig, EINVAL, 1,
                                                 "e tmpfs: Unknown parameter 'noexce'\n"))
              .text() ==
          R"(error mounting "tmpfs" to rootfs at "/run": option "noexce": fsconfig: )"
          R"(invalid argument (tmpfs: Unknown parameter 'noexce') (did you mean )"
          R"("noexec"?))");
    // An index out of range is ignored.
    CHECK(failure_sentence(plan, report_of(__NR_fsconfig, EINVAL, 9)).text() ==
          R"(error mounting "tmpfs" to rootfs at "/run": fsconfig: invalid argument)");
}

TEST_CASE("a mount point that was replaced is named") {
    const Plan plan = plan_with("x", [](Assembler& out) { out.add(Kind::compare_mounts, {}); });
    CHECK(failure_sentence(plan, report_of(__NR_statx, ESTALE, 0, "proc")).message() ==
          R"(the mount point "/proc" was replaced while the container was created)");
    CHECK(failure_sentence(plan, report_of(__NR_openat2, EMFILE)).message() ==
          "compare the mounts at their names with those that were made: openat2: too many open "
          "files");
}

TEST_CASE("a failed hook is reported with its output") {
    const Plan plan = hook_plan();
    const std::string detail("\x04\0out\nerr\n", 10);
    CHECK(failure_sentence(plan, report_of(__NR_wait4, EPROTO, 1 << 8, detail)).message() ==
          "error running createContainer hook #2: exit status 1, stdout: out, stderr: err"
          " (config.json: /hooks/createContainer/2)");
    CHECK(failure_sentence(plan, report_of(__NR_wait4, EPROTO, SIGKILL)).text() ==
          "error running createContainer hook #2: signal: killed, stdout: , stderr: ");
    CHECK(failure_sentence(plan, report_of(__NR_wait4, EPROTO, SIGXCPU)).text() ==
          "error running createContainer hook #2: signal: CPU time limit exceeded, stdout: , "
          "stderr: ");
    CHECK(failure_sentence(plan, report_of(__NR_wait4, ETIMEDOUT, SIGKILL)).text() ==
          "error running createContainer hook #2: hook ran past specified timeout of 5.0s");
    CHECK(failure_sentence(plan, report_of(__NR_clone3, EAGAIN)).text() ==
          "error running createContainer hook #2: clone3: resource temporarily unavailable");
}

TEST_CASE("a length in a hook's report is limited to the size of the report") {
    const Plan plan = hook_plan();
    const std::string detail("\xff\xffout", 5);
    CHECK(failure_sentence(plan, report_of(__NR_wait4, EPROTO, 1 << 8, detail)).text() ==
          "error running createContainer hook #2: exit status 1, stdout: out, stderr: ");
    InitReport report = report_of(__NR_wait4, EPROTO, 1 << 8);
    report.detail_length = 0xffffffff;
    CHECK_FALSE(failure_sentence(plan, report).text().empty());
}

TEST_CASE("a hook after the barrier that cannot be executed is reported with the system call") {
    const HookLabel label = {.list = "startContainer", .index = 1, .path = "/hook", .timeout = 3};
    CHECK(hook_failure_sentence(label, report_of(__NR_clone3, EAGAIN)).message() ==
          "error running startContainer hook #1: clone3: resource temporarily unavailable"
          " (config.json: /hooks/startContainer/1)");
    CHECK(hook_failure_sentence(label, report_of(__NR_wait4, ETIMEDOUT, SIGKILL)).message() ==
          "error running startContainer hook #1: hook ran past specified timeout of 3.0s"
          " (config.json: /hooks/startContainer/1)");
    CHECK(hook_failure_sentence(label, report_of(__NR_clone3, ENOSYS)).kind() ==
          Error::Kind::unsupported);
}

TEST_CASE("a sysctl that cannot be written is named as in config.json") {
    const Plan plan = plan_with("x", [](Assembler& out) {
        const Text path = out.text("net/ipv4/conf/a.b/rp_filter");
        const Text value = out.text("1");
        out.add(Kind::sysctl, "/linux/sysctl/net~1ipv4~1conf~1a.b~1rp_filter").sysctl = {path,
                                                                                         value};
    });
    CHECK(failure_sentence(plan, report_of(__NR_openat2, ENOENT)).message() ==
          "sysctl \"net/ipv4/conf/a.b/rp_filter\": write 1 to "
          "/proc/sys/net/ipv4/conf/a.b/rp_filter: openat2: no such file or directory (config.json: "
          "/linux/sysctl/net~1ipv4~1conf~1a.b~1rp_filter)");
}

TEST_CASE("a device whose name is another file's is told from other failures") {
    const auto told = [](std::uint32_t bind_from_host, std::uint32_t call, int error) {
        const Plan plan = plan_with("x", [&](Assembler& out) {
            const Text path = out.text("dev/fuse");
            out.add(Kind::node, "/linux/devices/0").node = {.path = path,
                                                            .mode = 0020666,
                                                            .major = 10,
                                                            .minor = 229,
                                                            .bind_from_host = bind_from_host};
        });
        return failure_sentence(plan, report_of(call, error)).text();
    };
    CHECK(
        told(0, __NR_mknodat, EEXIST) ==
        "create the device node /dev/fuse (c 10:229, mode 0666): mknodat: file exists (the image's "
        "file is another one)");
    CHECK(told(1, __NR_mknodat, EEXIST) ==
          "bind the host's /dev/fuse on /dev/fuse (c 10:229): mknodat: file exists (the host's "
          "file is another one)");
    CHECK(told(0, __NR_mknodat, EPERM) ==
          "create the device node /dev/fuse (c 10:229, mode 0666): mknodat: operation not "
          "permitted");
}

TEST_CASE("IDs that the user namespace does not map are reported as unmapped") {
    const Plan plan = plan_with("x", [](Assembler& out) {
        out.add(Kind::user, "/process/user").user = {
            .uid = 5, .gid = 6, .groups = {}, .keep_groups = 0};
    });
    CHECK(failure_sentence(plan, report_of(__NR_setresuid, EINVAL)).text() ==
          "cannot setuid to unmapped uid 5 in user namespace");
    CHECK(failure_sentence(plan, report_of(__NR_setresgid, EINVAL)).text() ==
          "cannot setgid to unmapped gid 6 in user namespace");
    CHECK(failure_sentence(plan, report_of(__NR_setgroups, EINVAL)).text() ==
          "cannot set additional groups: one of them is unmapped in user namespace");
    CHECK(failure_sentence(plan, report_of(__NR_setgroups, EPERM)).text() ==
          "change to user 5, group 6, no supplementary groups: setgroups: operation not permitted");
}

TEST_CASE("any other step is reported with its description, the system call and the errno") {
    const Plan plan = plan_with("x", [](Assembler& out) {
        const Text name = out.text("h");
        out.add(Kind::host_name, "/hostname").text = name;
    });
    const Error error = failure_sentence(plan, report_of(__NR_sethostname, EPERM));
    CHECK(error.message() ==
          "set the hostname to h: sethostname: operation not permitted (config.json: /hostname)");
    CHECK(error.kind() == Error::Kind::os);
    const Error missing = failure_sentence(plan, report_of(__NR_sethostname, ENOSYS));
    CHECK(missing.kind() == Error::Kind::unsupported);
    constexpr std::uint32_t kNoCall = 0xFFFFFFFFU;  // of init's raw.h
    CHECK(failure_sentence(plan, report_of(kNoCall, EIO)).text() ==
          "set the hostname to h: input/output error");
    // The call with the number 0 on x86_64.
    CHECK(failure_sentence(plan, report_of(__NR_read, EIO)).text() ==
          "set the hostname to h: read: input/output error");
}

TEST_CASE("if the kernel is too old, the required version is reported") {
    const auto told = [](std::uint32_t attribute, std::uint32_t call, int error) {
        const Plan plan = plan_with("x", [attribute](Assembler& out) {
            const Text target = out.text("data");
            Step& step = out.add(Kind::bind, "/mounts/3");
            step.bind.source = target;
            step.bind.target = target;
            step.bind.attributes.set = attribute;
        });
        return failure_sentence(plan, report_of(call, error)).message();
    };
    constexpr std::uint32_t kNoSymFollow = 0x00200000;
    CHECK(told(kNoSymFollow, __NR_mount_setattr, EINVAL) ==
          "nosymfollow requires Linux 5.14 (config.json: /mounts/3)");
    CHECK(told(1, __NR_mount_setattr, ENOSYS) ==
          "error mounting \"data\" to rootfs at \"/data\": mount_setattr: requires Linux 5.12 "
          "(config.json: /mounts/3)");
    CHECK(told(1, __NR_mount_setattr, EINVAL) ==
          "error mounting \"data\" to rootfs at \"/data\": mount_setattr: invalid argument "
          "(config.json: /mounts/3)");
}

TEST_CASE("a refused memory policy is reported with the Linux version that it requires") {
    const auto told = [](std::uint32_t mode, int error) {
        const Plan plan = plan_with("x", [mode](Assembler& out) {
            out.add(Kind::memory_policy, "/linux/memoryPolicy").memory_policy = {mode, {}};
        });
        return failure_sentence(plan, report_of(__NR_set_mempolicy, error)).text();
    };
    constexpr std::uint32_t kBind = 2;
    constexpr std::uint32_t kBalancing = 1U << 13U;
    const std::string refused = ": set_mempolicy: invalid argument";
    CHECK(told(kBind, EINVAL) == "set the memory policy to MPOL_BIND" + refused);
    CHECK(told(5, EINVAL) == "set the memory policy to MPOL_PREFERRED_MANY" + refused +
                                 " (this mode requires Linux 5.15)");
    CHECK(told(6, EINVAL) == "set the memory policy to MPOL_WEIGHTED_INTERLEAVE" + refused +
                                 " (this mode requires Linux 6.9)");
    CHECK(told(kBind | kBalancing, EINVAL) ==
          "set the memory policy to MPOL_BIND with "
          "MPOL_F_NUMA_BALANCING" +
              refused + " (this flag requires Linux 5.12)");
    CHECK_THAT(told(5, EPERM), Catch::EndsWith(": operation not permitted"));
}

TEST_CASE("a hook that cannot be waited for is not reported as one that failed") {
    const HookLabel label = {.list = "startContainer", .index = 1, .path = "/hook", .timeout = 5};
    CHECK(hook_failure_sentence(label, report_of(__NR_wait4, ECHILD)).message() ==
          "error running startContainer hook #1: wait4: no child processes"
          " (config.json: /hooks/startContainer/1)");
    CHECK(hook_failure_sentence(label, report_of(__NR_ppoll, ENOMEM)).message() ==
          "error running startContainer hook #1: ppoll: cannot allocate memory"
          " (config.json: /hooks/startContainer/1)");
}

TEST_CASE("a report of a step that the plan does not have is an error, not a crash") {
    const Plan plan = hook_plan();
    InitReport report = report_of(__NR_openat, ENOENT);
    report.step = 77;
    CHECK(failure_sentence(plan, report).kind() == Error::Kind::protocol);
}

TEST_CASE("attributes and propagation are shown as mount options of config.json") {
    CHECK(attribute_words(
              {.set = 0x1 | 0x2 | 0x10, .clear = 0x70, .recursive_set = 0, .recursive_clear = 0}) ==
          "ro,nosuid,noatime");
    CHECK(
        attribute_words({.set = 0, .clear = 0x8, .recursive_set = 0x1, .recursive_clear = 0x70}) ==
        "exec,rro,rrelatime");
    CHECK(propagation_words(kShared | (kSlave | kPropagateRecursive) << 8U) == "shared,rslave");
    CHECK(capability_words(0) == "none");
    CHECK(capability_words(0x3) == "CAP_CHOWN,CAP_DAC_OVERRIDE");
    CHECK(capability_words(~std::uint64_t{0}) == "all");
}
