#include <string>
#include <vector>

#include "oci-spec/parsers.h"
#include "oci-spec/rules.h"
#include "tests/support/catch.h"

namespace crux::oci {
namespace {

using Options = std::vector<std::string>;

MountAttributes attributes_of(const Options& options) {
    return parse_mount_options(options).attributes;
}
MountAttributes recursive_of(const Options& options) {
    return parse_mount_options(options).recursive_attributes;
}

TEST_CASE("the later option wins over the earlier") {
    CHECK(attributes_of({"nosuid", "suid"}) == MountAttributes{0, kMountAttrNosuid});
    CHECK(attributes_of({"suid", "nosuid"}) == MountAttributes{kMountAttrNosuid, 0});
    CHECK(attributes_of({"ro", "rw"}) == MountAttributes{0, kMountAttrRdonly});
    CHECK(attributes_of({"rw", "ro"}) == MountAttributes{kMountAttrRdonly, 0});
    CHECK(attributes_of({"nodev", "noexec", "exec"}) ==
          MountAttributes{kMountAttrNodev, kMountAttrNoexec});
}

TEST_CASE("an access time mode clears the whole mask") {
    CHECK(attributes_of({"noatime"}) == MountAttributes{kMountAttrNoatime, kMountAttrAtimeMask});
    CHECK(attributes_of({"strictatime"}) ==
          MountAttributes{kMountAttrStrictatime, kMountAttrAtimeMask});
    CHECK(attributes_of({"relatime"}) == MountAttributes{0, kMountAttrAtimeMask});
    CHECK(attributes_of({"noatime", "strictatime"}) ==
          MountAttributes{kMountAttrStrictatime, kMountAttrAtimeMask});
    CHECK(attributes_of({"noatime", "atime"}) == MountAttributes{0, kMountAttrAtimeMask});
    CHECK(attributes_of({"strictatime", "atime"}) ==
          MountAttributes{kMountAttrStrictatime, kMountAttrAtimeMask});
    CHECK(attributes_of({"strictatime", "nostrictatime"}) ==
          MountAttributes{0, kMountAttrAtimeMask});
    CHECK(attributes_of({"norelatime"}) == MountAttributes{});
    CHECK(attributes_of({"atime"}) == MountAttributes{});
    CHECK(attributes_of({"nostrictatime"}) == MountAttributes{});
    CHECK(attributes_of({"nodiratime", "noatime"}) ==
          MountAttributes{kMountAttrNodiratime | kMountAttrNoatime, kMountAttrAtimeMask});
}

TEST_CASE("recursive options are kept apart") {
    CHECK(recursive_of({"rro", "rnoexec"}) ==
          MountAttributes{kMountAttrRdonly | kMountAttrNoexec, 0});
    CHECK(recursive_of({"rrw"}) == MountAttributes{0, kMountAttrRdonly});
    CHECK(recursive_of({"ratime"}) == MountAttributes{0, kMountAttrAtimeMask});
    CHECK(recursive_of({"rnosymfollow", "rsymfollow"}) ==
          MountAttributes{0, kMountAttrNosymfollow});
    CHECK(attributes_of({"rro", "rnoexec"}) == MountAttributes{});
}

TEST_CASE("flags of the file system instance are not attributes") {
    const MountOptions options = parse_mount_options({"sync", "lazytime", "loud", "ro", "async"});
    CHECK(options.superblock_set == (kMsLazytime | kMsRdonly));
    CHECK(options.superblock_clear == (kMsSynchronous | kMsSilent));
    CHECK(options.attributes == MountAttributes{kMountAttrRdonly, 0});
    CHECK(options.data.empty());
}

TEST_CASE("propagation is kept in its order") {
    CHECK(parse_mount_options({"rshared", "ro", "slave", "private"}).propagation ==
          std::vector{Propagation::rshared, Propagation::slave, Propagation::private_});
}

TEST_CASE("options that are not attributes") {
    const MountOptions options =
        parse_mount_options({"bind", "rbind", "ridmap", "remount", "tmpcopyup", "defaults"});
    CHECK(options.bind == BindOption::rbind);
    CHECK(parse_mount_options({"rbind", "ro", "bind"}).bind == BindOption::rbind);
    CHECK(options.idmap == IdMapOption::ridmap);
    CHECK(options.remount);
    CHECK(options.tmpcopyup);
    CHECK(options.data.empty());
}

TEST_CASE("unknown options are passed to the filesystem, in order") {
    CHECK(parse_mount_options({"mode=755", "ro", "size=64k", "RO", "acl", ""}).data ==
          Options{"mode=755", "size=64k", "RO", "acl"});
}

TEST_CASE("every option of the tables is understood") {
    for (const MountOptionWord& word : kMountOptions) {
        CAPTURE(word.name);
        CHECK(parse_mount_options({std::string(word.name)}).data.empty());
    }
    for (const PropagationWord& word : kPropagations) {
        CAPTURE(word.name);
        CHECK(parse_mount_options({std::string(word.name)}).propagation == std::vector{word.value});
    }
}

Parsed with_option(const std::string& option, const std::string& more = "") {
    return checked_config(
        R"({"ociVersion":"1.2.0","root":{"path":"r"},"mounts":[{"destination":"/a",
        "source":"/b","options":["bind",")" +
        option + "\"]" + more + R"(}],"linux":{"namespaces":[{"type":"mount"},
        {"type":"user"}],"uidMappings":[{"containerID":0,"hostID":1000,"size":1},
        {"containerID":1,"hostID":5000,"size":10}],
        "gidMappings":[{"containerID":0,"hostID":2000,"size":10}]}})");
}

TEST_CASE("crun's option has the ID mappings of a mount") {
    const Parsed parsed = with_option("idmap=uids=0-1-10#10-11-5;gids=0-100-10");
    CHECK_FALSE(parsed.diagnostics.has_errors());
    const Mount& mount = parsed.config.mounts[0];
    CHECK(mount.parsed.idmap == IdMapOption::idmap);
    CHECK(mount.parsed.data.empty());
    CHECK(mount.uid_mappings == std::vector<IdMapping>{{0, 1, 10}, {10, 11, 5}});
    CHECK(mount.gid_mappings == std::vector<IdMapping>{{0, 100, 10}});
    const Parsed relative = with_option("idmap=uids=@7-3-2;gids=@0-0-1");
    CHECK_FALSE(relative.diagnostics.has_errors());
    CHECK(relative.config.mounts[0].uid_mappings == std::vector<IdMapping>{{7, 5002, 2}});
    CHECK(relative.config.mounts[0].gid_mappings == std::vector<IdMapping>{{0, 2000, 1}});
}

TEST_CASE("crun's option with wrong ID mappings is an error with its place") {
    const auto error_of = [](const std::string& option, const std::string& more = "") {
        const Parsed parsed = with_option(option, more);
        return parsed.diagnostics.has_errors() ? describe(parsed.diagnostics.errors().front())
                                               : std::string();
    };
    for (const char* option : {"idmap=", "idmap=x", "idmap=uids=", "idmap=uids=1", "idmap=uids=1-2",
                               "idmap=uids=0-1-x", "idmap=uids=0-1-1-1", "idmap=uids=0--1-1",
                               "idmap=uids=0-1-1;gid=0-0-1", "idmap=uids=4294967296-0-1"}) {
        INFO(option);
        CHECK_THAT(error_of(option), Catch::StartsWith("/mounts/0/options/1: expected "));
    }
    CHECK(error_of("idmap=uids=0-1-1;gids=0-1-1",
                   R"(,"uidMappings":[{"containerID":0,"hostID":0,"size":1}])") ==
          "/mounts/0/options/1: the mount has other ID mappings");
    CHECK(error_of("idmap=uids=@0-99-1;gids=0-1-1") ==
          "/mounts/0/options: the container has no ID 99, which a mapping is relative to");
}

}  // namespace
}  // namespace crux::oci
