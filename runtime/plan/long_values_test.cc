#include <algorithm>
#include <string>
#include <vector>

#include "oci-spec/parsers.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/plan.h"
#include "tests/support/catch.h"

// Values of mounts that are longer than the 255 bytes that fsconfig(2) accepts.

using namespace crux;
using namespace crux::plan;

namespace {

constexpr std::uint32_t kMsNosuid = 1U << 1U;
constexpr std::uint32_t kMsNodev = 1U << 2U;
constexpr std::uint32_t kMsNosymfollow = 1U << 8U;
constexpr std::uint32_t kMsNodiratime = 1U << 11U;
constexpr std::uint32_t kMsStrictatime = 1U << 24U;
constexpr std::uint32_t kRemountOfMount = (1U << 5U) | (1U << 12U);

/// A container with one mount.
struct Fixture {
    oci::Config config;
    host::Facts facts;

    explicit Fixture(const std::vector<std::string>& options, const std::string& type = "overlay") {
        config.root.path = "rootfs";
        config.linux.namespaces = {{.type = oci::NamespaceType::mount, .path = {}}};
        oci::Mount mount;
        mount.destination = "/data";
        mount.type = type;
        mount.source = type;
        config.mounts = {mount};
        set(options);
        facts.kernel = {6, 1};
    }
    void set(const std::vector<std::string>& options) {
        config.mounts[0].options = options;
        config.mounts[0].parsed = oci::parse_mount_options(options);
    }
    [[nodiscard]] Result<Plan> built() const {
        Inputs inputs;
        inputs.config = &config;
        inputs.facts = &facts;
        inputs.id = "demo";
        inputs.bundle = "/bundle";
        inputs.rootfs = "/bundle/rootfs";
        return build(inputs);
    }
    [[nodiscard]] std::string error() const {
        const auto plan = built();
        REQUIRE_FALSE(plan.has_value());
        return plan.error().message();
    }
};

/// What the plan says of the mount.
struct Mounted {
    std::vector<std::string> parameters;
    bool by_call = false;
    std::string data;
    std::uint32_t flags = 0;
    std::uint32_t remount_flags = 0;
    bool apart = false;
};

Mounted mounted(const Fixture& fixture) {
    const auto plan = fixture.built();
    REQUIRE(plan.has_value());
    const auto steps = plan->steps();
    const auto step = std::ranges::find(steps, Kind::mount, &Step::kind);
    REQUIRE(step != steps.end());
    Mounted mounted;
    for (const Parameter& one : plan->list<Parameter>(step->mount.parameters))
        mounted.parameters.push_back(one.has_value == 0
                                         ? std::string(plan->text(one.key))
                                         : cat(plan->text(one.key), '=', plan->text(one.value)));
    const auto calls = plan->list<MountCall>(step->mount.call);
    REQUIRE(calls.size() <= 1);
    if (calls.empty()) return mounted;
    mounted.by_call = true;
    mounted.data = plan->text(calls[0].data);
    mounted.flags = calls[0].flags;
    mounted.remount_flags = calls[0].remount_flags;
    mounted.apart = calls[0].apart != 0;
    return mounted;
}

using Texts = std::vector<std::string>;

/// An absolute path of this length.
std::string path_of(std::size_t length) {
    return "/" + std::string(length - 1, 'p');
}

TEST_CASE("a value of 255 bytes goes to fsconfig, a longer one to mount(2)") {
    const std::string most = path_of(255);
    const Mounted by_fsconfig = mounted(Fixture({"lowerdir=" + most}));
    CHECK_FALSE(by_fsconfig.by_call);
    CHECK(by_fsconfig.parameters == Texts{"lowerdir=" + most});
    const Mounted by_call = mounted(Fixture({"lowerdir=" + most + "p", "userxattr"}));
    CHECK(by_call.by_call);
    CHECK(by_call.data == "lowerdir=" + most + "p,userxattr");
    CHECK(mounted(Fixture({std::string(255, 'k')})).by_call == false);
    CHECK(mounted(Fixture({std::string(256, 'k')})).by_call);
}

TEST_CASE("a source of 255 bytes goes to fsconfig, a longer one to mount(2)") {
    Fixture fixture({"size=1m"}, "tmpfs");
    fixture.config.mounts[0].source = path_of(255);
    CHECK_FALSE(mounted(fixture).by_call);
    fixture.config.mounts[0].source = path_of(256);
    const Mounted by_call = mounted(fixture);
    CHECK(by_call.by_call);
    CHECK(by_call.data == "size=1m");
    // A long source is no reason to change the options.
    fixture.facts.kernel = {6, 12};
    CHECK(mounted(fixture).by_call);
}

TEST_CASE("a long lowerdir is one parameter for each directory since Linux 6.8") {
    const std::string lower = path_of(200);
    Fixture fixture({"lowerdir=" + lower + "::/data1", "metacopy=on"});
    fixture.facts.kernel = {6, 8};
    // It is short enough.
    CHECK(mounted(fixture).parameters == Texts{"lowerdir=" + lower + "::/data1", "metacopy=on"});

    const std::string list = lower + ":" + lower + ":/c\\:d\\\\\\,e::/data1::/da\\ta2";
    fixture.set({"ro", "lowerdir=" + list, "metacopy=on"});
    const Mounted split = mounted(fixture);
    CHECK_FALSE(split.by_call);
    CHECK(split.parameters == Texts{"ro", "lowerdir+=" + lower, "lowerdir+=" + lower,
                                    "lowerdir+=/c:d\\,e", "datadir+=/data1", "datadir+=/data2",
                                    "metacopy=on"});
    fixture.facts.kernel = {6, 7};
    CHECK(mounted(fixture).data == "lowerdir=" + list + ",metacopy=on");
}

TEST_CASE("a lowerdir is split only if the kernel then reads the same and nothing else is long") {
    const std::string long_path = path_of(256);
    const std::string list = path_of(200) + ":" + path_of(200);
    const Texts cases[] = {
        {"lowerdir=" + list, "upperdir=" + long_path, "workdir=/w"},
        {"lowerdir=/a:" + long_path},
        {"lowerdir=/a", "lowerdir=" + list},
        {"lowerdir=" + list, "lowerdir=/a"},
        {"lowerdir=" + list, "lowerdir+=/a"},
        {"lowerdir=" + list, "datadir+=/a"},
        {"lowerdir=:" + list},
        {"lowerdir=" + list + ":"},
        {"lowerdir=" + list + ":::/a"},
        {"lowerdir=" + list + "::/a:/b"},
        {"lowerdir=" + list + "::"},
    };
    for (const Texts& options : cases) {
        Fixture fixture(options);
        fixture.facts.kernel = {6, 18};
        const Mounted by_call = mounted(fixture);
        INFO(options[0]);
        CHECK(by_call.by_call);
        CHECK(by_call.data == join(options, ","));
        CHECK(by_call.parameters == options);
    }
    Fixture other({"lowerdir=" + list}, "fuse.overlay");
    other.facts.kernel = {6, 18};
    CHECK(mounted(other).by_call);
    Fixture source({"lowerdir=" + list});
    source.facts.kernel = {6, 18};
    source.config.mounts[0].source = path_of(256);
    CHECK(mounted(source).by_call);
}

TEST_CASE("mount(2) gets the flags of the filesystem and the attributes of the mount") {
    const std::string option = "lowerdir=" + path_of(300);
    const struct {
        Texts words;
        std::uint32_t flags;
        std::uint32_t remount_flags;
    } cases[] = {
        {{}, 0, 0},
        {{"ro"}, oci::kMsRdonly, 0},
        {{"ro", "rw"}, 0, 0},
        {{"nosuid", "nodev", "strictatime"}, kMsNosuid | kMsNodev | kMsStrictatime, 0},
        {{"nosymfollow", "nodiratime", "sync", "lazytime"},
         kMsNosymfollow | kMsNodiratime | oci::kMsSynchronous | oci::kMsLazytime,
         0},
        // Only the mount is read-only, not the filesystem, and the other way round.
        {{"rro", "nosuid"}, kMsNosuid, kRemountOfMount | kMsNosuid | oci::kMsRdonly},
        {{"ro", "rrw", "nodev"}, oci::kMsRdonly | kMsNodev, kRemountOfMount | kMsNodev},
    };
    for (const auto& one : cases) {
        Texts options = one.words;
        options.push_back(option);
        const Mounted by_call = mounted(Fixture(options));
        INFO(join(one.words, ","));
        CHECK(by_call.by_call);
        CHECK(by_call.data == option);
        CHECK(by_call.flags == one.flags);
        CHECK(by_call.remount_flags == one.remount_flags);
    }
}

TEST_CASE("mount(2) gets the label of the files in quotes") {
    Fixture fixture({"lowerdir=" + path_of(300)});
    fixture.config.linux.mount_label = "system_u:object_r:container_file_t:s0:c1,c2";
    fixture.facts.selinux = true;
    CHECK(mounted(fixture).data ==
          "lowerdir=" + path_of(300) + ",context=\"" + fixture.config.linux.mount_label + "\"");
    fixture.set({"a=b"});
    fixture.config.mounts[0].source = path_of(300);
    CHECK(mounted(fixture).data == "a=b,context=\"" + fixture.config.linux.mount_label + "\"");
    fixture.set({});
    CHECK(mounted(fixture).data == "context=\"" + fixture.config.linux.mount_label + "\"");
}

TEST_CASE("mount(2) is called where no other process and no mount of the host is concerned") {
    Fixture fixture({"lowerdir=" + path_of(300)});
    CHECK_FALSE(mounted(fixture).apart);
    for (const auto propagation : {oci::Propagation::slave, oci::Propagation::rslave,
                                   oci::Propagation::rprivate, oci::Propagation::unbindable}) {
        fixture.config.linux.rootfs_propagation = propagation;
        CHECK_FALSE(mounted(fixture).apart);
    }
    for (const auto propagation : {oci::Propagation::shared, oci::Propagation::rshared}) {
        fixture.config.linux.rootfs_propagation = propagation;
        CHECK(mounted(fixture).apart);
    }
    fixture.config.linux.rootfs_propagation = oci::Propagation::none;
    fixture.config.linux.namespaces[0].path = "/proc/7/ns/mnt";
    CHECK(mounted(fixture).apart);
    fixture.config.linux.namespaces.clear();
    CHECK(mounted(fixture).apart);
}

TEST_CASE("options of more than a page are refused with the pointer of the longest one") {
    Fixture fixture({"nodev", "a=b", "lowerdir=" + std::string(4086 - 4, 'p')});
    CHECK(mounted(fixture).data.size() == 4095);
    fixture.set({"nodev", "a=bc", "lowerdir=" + std::string(4086 - 4, 'p')});
    CHECK(fixture.error() ==
          "exceeds the limit of 4095 bytes for all options of a filesystem on this host: they have "
          "4096 (config.json: /mounts/0/options/2)");
    fixture.facts.page_size = 16384;
    CHECK(mounted(fixture).by_call);
    // No page limits a list that is split.
    fixture.facts.page_size = 4096;
    fixture.facts.kernel = {6, 8};
    std::string list = path_of(200);
    while (list.size() < 8000) list += ":" + path_of(200);
    fixture.set({"lowerdir=" + list});
    CHECK(mounted(fixture).parameters.size() > 30);
}

TEST_CASE("a long value of a remount is refused with its pointer") {
    Fixture fixture({"remount", "ro", "x=" + path_of(255)});
    CHECK(fixture.built().has_value());
    fixture.set({"remount", "ro", "y=1,x=" + path_of(256)});
    CHECK(fixture.error() ==
          "exceeds the limit of 255 bytes for an option of a remount: has 256 (config.json: "
          "/mounts/0/options/2)");
}

}  // namespace
