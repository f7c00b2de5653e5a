#include <string>
#include <vector>

#include "oci-spec/parsers.h"
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

}  // namespace
}  // namespace crux::oci
