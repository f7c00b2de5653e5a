// The root filesystem, the targets of mounts in it, its propagation, and the covered paths.

#include <sys/stat.h>

#include <filesystem>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/runs.h"

namespace crux::test {
namespace {

using nlohmann::json;

TEST_CASE("a read-only root is read-only, and has its mount points all the same") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.mount("/made/on/the/way", "tmpfs", "tmpfs")
        .script(
            "touch /file 2>/dev/null || echo refused; touch /made/on/the/way/file && echo made");
    CHECK(output_of(bundle) == "refused\nmade\n");
    bundle.set("/root/readonly", false).script("touch /file && echo made");
    CHECK(output_of(bundle) == "made\n");
}

TEST_CASE("mounts land in the listed order, each in what those before it made") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.mount("/data", "tmpfs", "tmpfs")
        .mount("/data/inner", "tmpfs", "tmpfs", {"size=64k"})
        .mount("/data/inner/most", "tmpfs", "tmpfs", {"size=128k"})
        .script("grep -o ' /data[^ ]* ' /proc/mounts");
    CHECK(output_of(bundle) == " /data \n /data/inner \n /data/inner/most \n");
    // In the opposite order the first mount is covered.
    bundle.set("/mounts/7/destination", "/data/inner/most")
        .set("/mounts/9/destination", "/data")
        .script("ls /data");
    CHECK(output_of(bundle) == "");
}

TEST_CASE(
    "bind sources are relative to the bundle, files go on files, destinations below the root") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    write_file(bundle.path() + "/note", "of the bundle\n");
    bundle
        .set("/mounts/-", {{"destination", "/etc/note"}, {"source", "note"}, {"options", {"bind"}}})
        .set("/mounts/-",
             {{"destination", "/../../../deep/er"}, {"type", "tmpfs"}, {"source", "tmpfs"}})
        .script("cat /etc/note; grep -c ' /deep/er ' /proc/mounts");
    CHECK(output_of(bundle) == "of the bundle\n1\n");
    // A relative destination is deprecated, and relative to the root.
    bundle.set("/mounts/7/destination", "etc/note").script("cat /etc/note");
    Container container(bundle);
    const Outcome outcome = container.run();
    CHECK(outcome.out == "of the bundle\n");
    CHECK_THAT(outcome.err, Catch::Contains("relative destination path is deprecated"));
}

TEST_CASE("a link in the image leads a mount to nowhere outside of the root") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    std::filesystem::create_symlink("/../../../../etc", bundle.rootfs() + "/out");
    bundle.mount("/out/sub", "tmpfs", "tmpfs").script("grep -o ' /etc/sub ' /proc/mounts");
    CHECK(output_of(bundle) == " /etc/sub \n");
}

/// A mount of a part of an earlier mount; both paths are those of the host.
Bundle& with_second_hand_mount(Bundle& bundle, const std::vector<std::string>& options) {
    std::filesystem::create_directories(bundle.path() + "/volume/below");
    write_file(bundle.path() + "/volume/below/file", "second hand\n");
    return bundle.folder("first")
        .mount("/first", "none", bundle.path() + "/volume", {"bind"})
        .mount(bundle.rootfs() + "/second", "none", bundle.rootfs() + "/first/below", options)
        .script("cat /second/file");
}

TEST_CASE("a mount source may be a host's path in the root, with what is mounted there") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    with_second_hand_mount(bundle, {"rbind"});
    CHECK(output_of(bundle) == "second hand\n");
    if (!has_user_namespaces()) return;
    const json map = json::array({{{"containerID", 0}, {"hostID", 100000}, {"size", 65536}}});
    bundle.name_space("user").set("/linux/uidMappings", map).set("/linux/gidMappings", map);
    CHECK(output_of(bundle) == "second hand\n");
}

TEST_CASE("a mount of a part of an earlier mount can be id-mapped") {
    need_root();
    if (!kernel_is_at_least(5, 12)) skip("id-mapped mounts need Linux 5.12");
    const Unchanged host;
    Bundle bundle;
    const json map = json::array({{{"containerID", 0}, {"hostID", 1234}, {"size", 10}}});
    with_second_hand_mount(bundle, {"rbind", "idmap"})
        .set("/mounts/8/uidMappings", map)
        .set("/mounts/8/gidMappings", map)
        .script("stat -c %u /second/file");
    CHECK(output_of(bundle) == "1234\n");
}

TEST_CASE("proc and sysfs are mounted only on ordinary directories") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    std::filesystem::remove(bundle.rootfs() + "/proc");
    std::filesystem::create_symlink("/elsewhere", bundle.rootfs() + "/proc");
    create_refused(bundle, "filesystem \"proc\" must be mounted on ordinary directory");
}

TEST_CASE(
    "a tmpfs has the mode of the directory that it covers, and its own where it covers none") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.folder("covered")
        .mount("/covered", "tmpfs", "tmpfs")
        .mount("/new/folder", "tmpfs", "tmpfs")
        .mount("/named", "tmpfs", "tmpfs", {"mode=1500"})
        .script(
            "stat -c %a /covered /new/folder /named; grep -c '/covered .*mode=710' /proc/mounts");
    REQUIRE(::chmod((bundle.rootfs() + "/covered").c_str(), 0710) == 0);
    CHECK(output_of(bundle) == "710\n1777\n1500\n1\n");
}

TEST_CASE("rootfsPropagation of every kind is what mountinfo shows for the root") {
    need_root();
    const Unchanged host;
    const struct {
        const char* kind;
        const char* shown;
    } cases[] = {
        {"shared", "shared:"},
        {"rshared", "shared:"},
        {"private", ""},
        {"rprivate", ""},
        {"unbindable", "unbindable"},
        {"runbindable", "unbindable"},
        {"slave", ""},
        {"rslave", ""},
    };
    for (const auto& one : cases) {
        Bundle bundle;
        bundle.set("/linux/rootfsPropagation", one.kind).args({"/bin/cat", "/proc/self/mountinfo"});
        const std::string root = mount_at(output_of(bundle), "/");
        INFO(one.kind << " gave " << root);
        const std::string wanted = one.shown;
        CHECK((root.find("shared:") != std::string::npos) == (wanted == "shared:"));
        CHECK((root.find("unbindable") != std::string::npos) == (wanted == "unbindable"));
    }
}

TEST_CASE(
    "masked paths show nothing, read-only paths take nothing, and missing ones are left out") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.file("secret/file", "text\n")
        .file("plain", "text\n")
        .folder("fixed")
        .set("/root/readonly", false)
        .set("/linux/maskedPaths", {"/secret", "/plain", "/nosuch"})
        .set("/linux/readonlyPaths", {"/fixed", "/nosuch", "/proc/sys"})
        .script(
            "ls /secret; cat /plain; touch /fixed/x 2>/dev/null || echo refused;"
            "touch /secret/x 2>/dev/null || echo refused;"
            "echo 1 2>/dev/null > /proc/sys/vm/overcommit_memory || echo refused; touch /free && "
            "echo free");
    CHECK(output_of(bundle) == "refused\nrefused\nrefused\nfree\n");
}

TEST_CASE("the clocks of a new time namespace have their offsets") {
    need_root();
    if (!has_time_namespaces()) skip("needs time namespaces (Linux 5.6)");
    const Unchanged host;
    Bundle bundle;
    bundle.name_space("time")
        .set("/linux/timeOffsets", {{"boottime", {{"secs", 864000}, {"nanosecs", 0}}},
                                    {"monotonic", {{"secs", 5}, {"nanosecs", 6}}}})
        .script("cut -d. -f1 /proc/uptime; tr -s ' ' < /proc/self/timens_offsets");
    const std::string out = output_of(bundle);
    CHECK(std::stol(out) >= 864000);
    CHECK_THAT(out, Catch::Contains("monotonic 5 6\nboottime 864000 0\n"));
}

TEST_CASE("a new time namespace has its offsets in a user namespace too, its own or a joined one") {
    need_root();
    if (!has_time_namespaces()) skip("needs time namespaces (Linux 5.6)");
    const Unchanged host;
    const auto in_user_namespace = [](Bundle& bundle) {
        for (const char* ids : {"/linux/uidMappings", "/linux/gidMappings"})
            bundle.set(ids, {{{"containerID", 0}, {"hostID", 100000}, {"size", 65536}}});
        bundle.name_space("user")
            .name_space("time")
            .set("/process/oomScoreAdj", 7)
            .set("/linux/timeOffsets", {{"boottime", {{"secs", 864000}, {"nanosecs", 0}}}});
    };
    Bundle first;
    in_user_namespace(first);
    first.args({"/bin/sleep", "30"});
    Container owner(first);
    must(owner.create());
    must(owner.start());
    const std::string show = "cut -d. -f1 /proc/uptime; cat /proc/self/oom_score_adj";
    const Outcome entered = owner.crux({"exec", owner.id(), "/bin/sh", "-c", show});
    INFO(entered.describe());
    CHECK(std::stol(entered.out) >= 864000);
    CHECK_THAT(entered.out, Catch::EndsWith("\n7\n"));

    Bundle second;
    in_user_namespace(second);
    const std::string place = "/proc/" + std::to_string(owner.pid()) + "/ns/user";
    second.remove("/linux/uidMappings").remove("/linux/gidMappings");
    second.name_space("user", place).script(show);
    const std::string out = output_of(second);
    CHECK(std::stol(out) >= 864000);
    CHECK_THAT(out, Catch::EndsWith("\n7\n"));
}

TEST_CASE("a process of exec runs on the CPUs of execCPUAffinity") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/execCPUAffinity", {{"initial", "0"}, {"final", "0"}})
        .args({"/bin/sleep", "30"});
    Container container(bundle);
    must(container.create());
    must(container.start());
    const Outcome outcome = container.crux(
        {"exec", container.id(), "/bin/grep", "Cpus_allowed_list", "/proc/self/status"});
    CHECK(outcome.out == "Cpus_allowed_list:\t0\n");
}

}  // namespace
}  // namespace crux::test
