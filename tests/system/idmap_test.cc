// Id-mapped mounts: binds and filesystems with their own or the container's mappings, and the
// root.

#include <sys/stat.h>
#include <unistd.h>

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
namespace fs = std::filesystem;

json map(int container, int host, int size) {
    return json::array({{{"containerID", container}, {"hostID", host}, {"size", size}}});
}

void need_id_mapping() {
    need_root();
    if (!kernel_is_at_least(5, 12)) skip("id-mapped mounts need Linux 5.12");
}

/// A directory of the bundle (not in its root) with a file of this owner.
std::string owned_folder(const Bundle& bundle, const std::string& name, int id) {
    const std::string path = bundle.path() + "/" + name;
    fs::create_directories(path);
    write_file(path + "/file", "text\n");
    REQUIRE(chown((path + "/file").c_str(), static_cast<uid_t>(id), static_cast<gid_t>(id)) == 0);
    return path;
}

/// A user namespace for the container, and a root that it may read.
void own_user_namespace(Bundle& bundle, int host) {
    bundle.name_space("user")
        .set("/linux/uidMappings", map(0, host, 65536))
        .set("/linux/gidMappings", map(0, host, 65536));
}

Bundle& id_mapped(Bundle& bundle, const std::string& source, const std::string& option,
                  const json& ids = nullptr) {
    json entry = {{"destination", "/data"}, {"source", source}, {"options", {"bind", option}}};
    if (!ids.is_null()) entry["uidMappings"] = entry["gidMappings"] = ids;
    return bundle.folder("data").set("/mounts/-", entry);
}

TEST_CASE("a kernel before Linux 5.12 maps no ids, and create says so") {
    need_root();
    if (kernel_is_at_least(5, 12)) skip("this kernel supports id-mapped mounts");
    const Unchanged host;
    Bundle bundle;
    const std::string source = owned_folder(bundle, "volume", 5000);
    id_mapped(bundle, source, "idmap", map(5000, 1234, 10));
    create_refused(bundle,
                   "map the IDs of " + source + ": requires Linux 5.12 (config.json: /mounts/7)");
}

TEST_CASE("a bind mount is seen through mappings of its own") {
    need_id_mapping();
    const Unchanged host;
    Bundle bundle;
    const std::string source = owned_folder(bundle, "volume", 5000);
    id_mapped(bundle, source, "idmap", map(5000, 1234, 10))
        .script("stat -c '%u %g' /data/file; touch /data/new 2>&1 | sed 's/.*: //'");
    // A file of root has no id in the mapping, and root of the container may not write.
    CHECK_THAT(output_of(bundle), Catch::StartsWith("1234 1234\n"));
}

TEST_CASE("what is written through an id-mapped bind belongs to the mapped id outside") {
    need_id_mapping();
    const Unchanged host;
    Bundle bundle;
    const std::string source = owned_folder(bundle, "volume", 7000);
    REQUIRE(chown(source.c_str(), 7000, 7000) == 0);
    id_mapped(bundle, source, "idmap", map(7000, 0, 1000)).script("touch /data/new && echo made");
    CHECK(output_of(bundle) == "made\n");
    struct stat status{};
    REQUIRE(stat((source + "/new").c_str(), &status) == 0);
    CHECK(status.st_uid == 7000);
}

TEST_CASE("a bind mount without mappings takes those of the container's user namespace") {
    need_id_mapping();
    const Unchanged host;
    for (const bool joined : {false, true}) {
        INFO(joined);
        Bundle bundle;
        own_user_namespace(bundle, 100000);
        const std::string source = owned_folder(bundle, "volume", 42);
        id_mapped(bundle, source, "idmap").script("stat -c '%u %g' /data/file");
        std::unique_ptr<Process> holder;
        if (joined) {
            holder =
                std::make_unique<Process>(std::vector<std::string>{"unshare", "-U", "sleep", "30"});
            const std::string proc = "/proc/" + std::to_string(holder->pid());
            REQUIRE(eventually(
                [&] { return link_of(proc + "/ns/user") != link_of("/proc/self/ns/user"); }));
            write_file(proc + "/uid_map", "0 100000 65536\n");
            write_file(proc + "/gid_map", "0 100000 65536\n");
            bundle.name_space("user", proc + "/ns/user")
                .remove("/linux/uidMappings")
                .remove("/linux/gidMappings");
        }
        CHECK(output_of(bundle) == "42 42\n");
    }
}

TEST_CASE("a bind mount in a user namespace may have other mappings than the container") {
    need_id_mapping();
    const Unchanged host;
    Bundle bundle;
    own_user_namespace(bundle, 100000);
    const std::string source = owned_folder(bundle, "volume", 42);
    // 42 on disk, 100007 for the host, and so 7 for the container.
    id_mapped(bundle, source, "idmap", map(42, 100007, 1)).script("stat -c '%u %g' /data/file");
    CHECK(output_of(bundle) == "7 7\n");
}

TEST_CASE("idmap maps the top mount alone, ridmap those below too") {
    need_id_mapping();
    const Unchanged host;
    Bundle bundle;
    const std::string source = owned_folder(bundle, "volume", 5000);
    fs::create_directories(source + "/below");
    // The mount below is made in a private namespace, so that the machine's mounts do not change.
    const std::string script = "mount -t tmpfs none " + source + "/below && touch " + source +
                               "/below/file && chown " + "5000:5000 " + source +
                               "/below/file && exec \"$@\"";
    for (const char* option : {"idmap", "ridmap"}) {
        INFO(option);
        if (option == std::string("ridmap") && !kernel_is_at_least(6, 3))
            skip("an id-mapped tmpfs below a bind mount requires Linux 6.3");
        Bundle one;
        json entry = {{"destination", "/data"},
                      {"source", source},
                      {"options", {"rbind", option}},
                      {"uidMappings", map(5000, 1234, 10)},
                      {"gidMappings", map(5000, 1234, 10)}};
        one.set("/mounts/-", entry).script("stat -c %u /data/file /data/below/file");
        one.write();
        Container container(one);
        std::vector<std::string> words = {"unshare", "-m", "--propagation", "private",
                                          "sh",      "-c", script,          "sh"};
        for (const std::string& word :
             container.words({"run", "--bundle", one.path(), container.id()}))
            words.push_back(word);
        const Outcome outcome = run(words);
        INFO(outcome.describe());
        CHECK(outcome.out == (std::string(option) == "idmap" ? "1234\n5000\n" : "1234\n1234\n"));
    }
}

TEST_CASE("a filesystem that init makes can be id-mapped") {
    need_id_mapping();
    if (!kernel_is_at_least(6, 3)) skip("an id-mapped tmpfs requires Linux 6.3");
    const Unchanged host;
    Bundle bundle;
    bundle
        .set("/mounts/-", {{"destination", "/data"},
                           {"type", "tmpfs"},
                           {"source", "tmpfs"},
                           {"options", {"idmap", "uid=10", "gid=10", "mode=700"}},
                           {"uidMappings", map(10, 77, 1)},
                           {"gidMappings", map(10, 77, 1)}})
        .script("stat -c '%u %g' /data");
    CHECK(output_of(bundle) == "77 77\n");
    own_user_namespace(bundle, 100000);
    create_refused(bundle,
                   "a filesystem that is mounted in the container's user namespace cannot be "
                   "ID-mapped: it has the container's IDs already");
}

TEST_CASE("a filesystem that knows no id-mapped mounts is refused with its path") {
    need_id_mapping();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/mounts/-", {{"destination", "/data"},
                             {"source", "/proc"},
                             {"options", {"bind", "idmap"}},
                             {"uidMappings", map(0, 1000, 10)},
                             {"gidMappings", map(0, 1000, 10)}});
    create_refused(bundle,
                   "map the IDs of /proc (its filesystem may not support ID-mapped mounts)");
    // Without a user namespace or mappings, idmap alone has no meaning.
    bundle.set(
        "/mounts/7",
        {{"destination", "/data"}, {"source", bundle.path()}, {"options", {"bind", "idmap"}}});
    create_refused(bundle, "ID-mapped mounts require ID mappings or a user namespace");
}

TEST_CASE("what an earlier mount brought can be bound with mapped ids in a user namespace") {
    need_id_mapping();
    const Unchanged host;
    Bundle bundle;
    own_user_namespace(bundle, 100000);
    const std::string source = owned_folder(bundle, "volume", 5000);
    owned_folder(bundle, "volume/below", 5000);
    bundle.folder("plain").folder("mapped").folder("whole").folder("other");
    const std::string brought = bundle.rootfs() + "/plain";
    bundle.mount("/plain", "bind", source, {"bind"})
        .mount("/plain/below", "bind", source, {"bind"})
        .mount("/mapped", "bind", brought, {"rbind", "idmap"})
        .mount("/whole", "bind", brought, {"rbind", "ridmap"});
    json entry = {{"destination", "/other"}, {"source", brought}, {"options", {"bind", "idmap"}}};
    entry["uidMappings"] = entry["gidMappings"] = map(5000, 100042, 1);
    bundle.set("/mounts/-", entry)
        .script(
            "cd /; for at in plain mapped mapped/below whole/below other; do stat -c %u $at/file; "
            "done");
    CHECK(output_of(bundle) == "65534\n5000\n65534\n5000\n42\n");
}

TEST_CASE("the root is seen through the container's maps where the annotation asks for it") {
    need_id_mapping();
    const Unchanged host;
    Bundle bundle;
    own_user_namespace(bundle, 100000);
    bundle.file("etc/mine", "text\n")
        .set("/root/readonly", false)
        .script("stat -c '%u %g' /etc/mine; touch /etc/new && echo made");
    // Without the mapping, the host's root is the overflow user inside.
    Container without(bundle);
    CHECK_THAT(without.run().out, Catch::StartsWith("65534 65534\n"));
    bundle.set("/annotations", {{"org.cruxruntime.rootfs.idmap", "container"}});
    CHECK(output_of(bundle) == "0 0\nmade\n");
    struct stat status{};
    REQUIRE(stat((bundle.rootfs() + "/etc/new").c_str(), &status) == 0);
    CHECK(status.st_uid == 0);
    bundle.without_name_space("user").remove("/linux/uidMappings").remove("/linux/gidMappings");
    create_refused(bundle, "requires a user namespace to map the IDs of the root filesystem");
}

TEST_CASE("copies of the host's mounts for a container are not their peers") {
    need_root();
    if (!has_user_namespaces()) skip("needs user namespaces");
    const Unchanged host;
    for (const bool root_too : {false, true}) {
        if (root_too && !kernel_is_at_least(5, 12)) continue;
        INFO(root_too);
        Bundle bundle;
        own_user_namespace(bundle, 100000);
        if (root_too) bundle.set("/annotations", {{"org.cruxruntime.rootfs.idmap", "container"}});
        bundle.folder("data")
            .mount("/data", "none", bundle.path(), {"rbind"})
            .script("cat /proc/self/mountinfo");
        Container container(bundle);
        container.prefix = {"unshare", "--mount", "--propagation", "shared"};
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK(outcome.ok());
        CHECK_THAT(outcome.out, Catch::Contains(" /data "));
        CHECK_THAT(outcome.out, !Catch::Contains(" shared:"));
    }
}

}  // namespace
}  // namespace crux::test
