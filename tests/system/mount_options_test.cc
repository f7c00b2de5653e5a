// Each mount option of the table in config.md (Linux mount options), one by one, as the kernel
// shows it in mountinfo.

#include <sys/statfs.h>

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

/// The line of one mount: its own attributes, its propagation, and the options of the filesystem.
struct Shown {
    std::string attributes;
    std::string propagation;
    std::string super;
};

bool has_word(const std::string& list, const std::string& word) {
    return ("," + list + ",").find("," + word + ",") != std::string::npos;
}

Shown shown_at(const std::string& mountinfo, const std::string& point) {
    std::string rest = mount_at(mountinfo, point);
    Shown shown;
    shown.attributes = rest.substr(0, rest.find(' '));
    const std::size_t dash = rest.find(" - ");
    if (dash == std::string::npos) return shown;
    shown.propagation = rest.substr(shown.attributes.size(), dash - shown.attributes.size());
    shown.super = rest.substr(rest.rfind(' ') + 1);
    return shown;
}

/// The mounts of a container with this one in addition to the default ones, seen from inside.
std::string mounts_with(const json& mount) {
    Bundle bundle;
    bundle.folder("data").set("/mounts/-", mount).args({"/bin/cat", "/proc/self/mountinfo"});
    return output_of(bundle);
}

Shown tmpfs_with(const json& options) {
    return shown_at(mounts_with({{"destination", "/data"},
                                 {"type", "tmpfs"},
                                 {"source", "tmpfs"},
                                 {"options", options}}),
                    "/data");
}

/// A bind mount of a tmpfs that has every attribute set, so that the clearing options have
/// something to clear. It is made in a private mount namespace. With `in_user_namespace` the
/// container has a user namespace, and the result is returned there.
Shown bound_with(const std::string& before, const std::vector<std::string>& options,
                 const std::string& point = "/data", Outcome* in_user_namespace = nullptr) {
    Bundle bundle;
    const std::string source = bundle.path() + "/volume";
    std::filesystem::create_directories(source);
    json list = options;
    list.push_back("rbind");
    bundle.folder("data")
        .set("/mounts/-", {{"destination", "/data"}, {"source", source}, {"options", list}})
        .args({"/bin/cat", "/proc/self/mountinfo"});
    if (in_user_namespace != nullptr) {
        const json map = json::array({{{"containerID", 0}, {"hostID", 100000}, {"size", 65536}}});
        bundle.name_space("user").set("/linux/uidMappings", map).set("/linux/gidMappings", map);
    }
    bundle.write();
    Container container(bundle);
    const std::string script = "mount -t tmpfs none " + source + " && mkdir " + source +
                               "/below 2>/dev/null; mount -t tmpfs none " + source +
                               "/below 2>/dev/null; mount -o remount,bind," + before + " " +
                               source + "; exec \"$@\"";
    std::vector<std::string> words = {"unshare", "-m", "--propagation", "private",
                                      "sh",      "-c", script,          "sh"};
    for (const std::string& word :
         container.words({"run", "--bundle", bundle.path(), container.id()}))
        words.push_back(word);
    const Outcome outcome = run(words);
    INFO(outcome.describe());
    if (in_user_namespace != nullptr)
        *in_user_namespace = outcome;
    else
        CHECK(outcome.ok());
    return shown_at(outcome.out, point);
}

/// The only attribute that Linux 5.10 does not support.
bool is_too_new(const std::string& attribute) {
    return attribute == "nosymfollow" && !kernel_is_at_least(5, 14);
}

TEST_CASE("mount options: attributes of a new filesystem") {
    need_root();
    const Unchanged host;
    const struct {
        json options;
        const char* shown;
        const char* hidden;
    } cases[] = {
        {{"ro"}, "ro", "rw"},
        {{"rw"}, "rw", "ro"},
        {{"ro", "rw"}, "rw", "ro"},
        {{"nosuid"}, "nosuid", ""},
        {{"nosuid", "suid"}, "rw", "nosuid"},
        {{"nodev"}, "nodev", ""},
        {{"nodev", "dev"}, "rw", "nodev"},
        {{"noexec"}, "noexec", ""},
        {{"noexec", "exec"}, "rw", "noexec"},
        {{"noatime"}, "noatime", "relatime"},
        {{"noatime", "atime"}, "relatime", "noatime"},
        {{"nodiratime"}, "nodiratime", ""},
        {{"nodiratime", "diratime"}, "rw", "nodiratime"},
        {{"relatime"}, "relatime", ""},
        {{"norelatime"}, "relatime", "noatime"},
        {{"strictatime"}, "rw", "relatime"},
        {{"strictatime", "nostrictatime"}, "relatime", ""},
        {{"nosymfollow"}, "nosymfollow", ""},
        {{"nosymfollow", "symfollow"}, "rw", "nosymfollow"},
        {{"defaults"}, "rw", "nosuid"},
        {{"rro"}, "ro", "rw"},
        {{"rnosuid"}, "nosuid", ""},
        {{"rnodev"}, "nodev", ""},
        {{"rnoexec"}, "noexec", ""},
        {{"rnoatime"}, "noatime", ""},
        {{"rstrictatime"}, "rw", "relatime"},
        {{"rnosymfollow"}, "nosymfollow", ""},
    };
    for (const auto& one : cases) {
        if (is_too_new(one.shown)) continue;
        const Shown shown = tmpfs_with(one.options);
        INFO(one.options.dump() << " gave " << shown.attributes);
        CHECK(has_word(shown.attributes, one.shown));
        CHECK_FALSE(has_word(shown.attributes, one.hidden));
    }
}

TEST_CASE("mount options: flags of a new filesystem") {
    need_root();
    const Unchanged host;
    const struct {
        json options;
        const char* shown;
        const char* hidden;
    } cases[] = {
        {{"sync"}, "sync", ""},
        {{"sync", "async"}, "rw", "sync"},
        {{"dirsync"}, "dirsync", ""},
        {{"lazytime"}, "lazytime", ""},
        {{"lazytime", "nolazytime"}, "rw", "lazytime"},
        {{"silent"}, "rw", ""},
        {{"loud"}, "rw", ""},
        {{"iversion"}, "rw", ""},
        {{"noiversion"}, "rw", ""},
        {{"mand"}, "rw", ""},
        {{"nomand"}, "rw", ""},
        {{"size=64k", "mode=700"}, "size=64k", ""},
    };
    for (const auto& one : cases) {
        const Shown shown = tmpfs_with(one.options);
        INFO(one.options.dump() << " gave " << shown.super);
        CHECK(has_word(shown.super, one.shown));
        CHECK_FALSE(has_word(shown.super, one.hidden));
    }
}

TEST_CASE("mount options: attributes of a bind mount are set and cleared") {
    need_root();
    const Unchanged host;
    const std::string all = "ro,nosuid,nodev,noexec,noatime,nodiratime";
    const struct {
        const char* before;
        std::vector<std::string> options;
        const char* shown;
        const char* hidden;
    } cases[] = {
        {"rw", {"ro"}, "ro", "rw"},
        {"ro", {"rw"}, "rw", "ro"},
        {"rw", {"nosuid"}, "nosuid", ""},
        {"nosuid", {"suid"}, "rw", "nosuid"},
        {"rw", {"nodev"}, "nodev", ""},
        {"nodev", {"dev"}, "rw", "nodev"},
        {"rw", {"noexec"}, "noexec", ""},
        {"noexec", {"exec"}, "rw", "noexec"},
        {"rw", {"noatime"}, "noatime", "relatime"},
        {"nodiratime", {"noatime"}, "noatime", "nodiratime"},
        {"rw", {"nodiratime"}, "nodiratime", ""},
        {"rw", {"strictatime"}, "rw", "relatime"},
        {"strictatime", {"relatime"}, "relatime", ""},
        {"rw", {"nosymfollow"}, "nosymfollow", ""},
        {"rw", {"nosymfollow", "symfollow"}, "rw", "nosymfollow"},
        // Without an option everything stays; with any option, attributes that it does not name are
        // cleared.
        {"nosuid,nodev,noexec", {}, "noexec", ""},
        {"nosuid,nodev,noexec", {"rprivate"}, "noexec", ""},
        {"nosuid,nodev,noexec", {"ro"}, "ro", "noexec"},
        {"ro", {"nosuid"}, "nosuid", "ro"},
        {"nosymfollow", {"dev"}, "rw", "nosymfollow"},
        // Access times stay until a mode is named.
        {"noatime", {"ro"}, "noatime", ""},
        {"noatime", {"atime"}, "noatime", ""},
        {"nodiratime", {"diratime"}, "nodiratime", ""},
        {"noatime", {"nodiratime"}, "relatime", "noatime"},
    };
    for (const auto& one : cases) {
        if (is_too_new(one.shown)) continue;
        const Shown shown = bound_with(one.before, one.options);
        INFO(one.before << " then " << json(one.options).dump() << " gave " << shown.attributes);
        CHECK(has_word(shown.attributes, one.shown));
        CHECK_FALSE(has_word(shown.attributes, one.hidden));
    }
}

TEST_CASE("mount options: what an old kernel cannot do is refused with the version that can") {
    need_root();
    if (kernel_is_at_least(5, 14)) skip("this kernel supports all mount options");
    const Unchanged host;
    const std::vector<std::pair<std::string, std::string>> binds = {
        {"nosymfollow", "nosymfollow requires Linux 5.14"}, {"rro", "requires Linux 5.12"}};
    for (const auto& [word, sentence] : binds) {
        if (kernel_is_at_least(5, 12) && word != "nosymfollow") continue;
        Bundle bundle;
        bundle.folder("data").mount("/data", "none", bundle.path(), {"rbind", word});
        INFO(word);
        create_refused(bundle, sentence + " (config.json: /mounts/7)");
    }
    Bundle bundle;
    bundle.folder("data").mount("/data", "tmpfs", "tmpfs", {"nosymfollow"});
    create_refused(bundle, "nosymfollow requires Linux 5.14 (config.json: /mounts/7)");
}

TEST_CASE("mount options: a user namespace loses nothing that the source's mount forbids") {
    need_root();
    if (!has_user_namespaces()) skip("needs user namespaces");
    const Unchanged host;
    const struct {
        const char* before;
        std::vector<std::string> options;
        const char* shown;  // empty: refused
    } cases[] = {
        {"ro", {"nosuid", "nodev"}, "ro"},
        {"ro", {"nosuid", "nodev"}, "nodev"},
        {"nosuid,nodev,noexec", {"ro"}, "noexec"},
        {"nodev", {"ro", "suid", "exec"}, "nodev"},
        {"noatime", {"ro", "atime"}, "noatime"},
        {"strictatime", {"strictatime"}, "rw"},
        {"ro", {"rw"}, ""},
        {"nosuid", {"suid"}, ""},
        {"noexec", {"ro", "exec"}, ""},
        {"noatime", {"relatime"}, ""},
        {"relatime", {"noatime"}, ""},
        {"strictatime", {"nodiratime"}, ""},
    };
    for (const auto& one : cases) {
        Outcome outcome;
        const Shown shown = bound_with(one.before, one.options, "/data", &outcome);
        INFO(one.before << " then " << json(one.options).dump() << " gave " << shown.attributes
                        << '\n'
                        << outcome.describe());
        if (*one.shown != 0) {
            CHECK(has_word(shown.attributes, one.shown));
        } else {
            CHECK_FALSE(outcome.ok());
            CHECK(outcome.err.find("mount_setattr: operation not permitted") != std::string::npos);
        }
    }
}

TEST_CASE("mount options: recursive ones reach the mounts below, plain ones do not") {
    need_root();
    if (!kernel_is_at_least(5, 12)) skip("recursive attributes need Linux 5.12");
    const Unchanged host;
    const struct {
        const char* option;
        const char* word;
        bool below;
        bool top = true;
    } cases[] = {
        {"rro", "ro", true},
        {"ro", "ro", false},
        {"rnosuid", "nosuid", true},
        {"nosuid", "nosuid", false},
        {"rnodev", "nodev", true},
        {"nodev", "nodev", false},
        {"rnoexec", "noexec", true},
        {"noexec", "noexec", false},
        {"rnoatime", "noatime", true},
        {"noatime", "noatime", false},
        {"rnodiratime", "nodiratime", true},
        {"rrelatime", "relatime", true},
        {"rnosymfollow", "nosymfollow", true},
        {"nosymfollow", "nosymfollow", false},
        {"rrw", "rw", true},
        {"rsuid", "rw", true},
        {"rdev", "rw", true},
        {"rexec", "rw", true},
        {"ratime", "relatime", true},
        {"rdiratime", "rw", true},
        {"rnorelatime", "relatime", true},
        {"rnostrictatime", "relatime", true},
        {"rsymfollow", "rw", true},
    };
    for (const auto& one : cases) {
        const Shown below = bound_with("rw", {one.option}, "/data/below");
        INFO(one.option << " gave " << below.attributes);
        CHECK(has_word(below.attributes, one.word) == one.below);
    }
    CHECK_FALSE(has_word(bound_with("rw", {"rstrictatime"}, "/data/below").attributes, "relatime"));
}

TEST_CASE("mount options: propagation of every kind, in the order given") {
    need_root();
    const Unchanged host;
    const struct {
        std::vector<std::string> options;
        const char* top;
        const char* below;
    } cases[] = {
        {{"shared"}, " shared:", ""},
        {{"rshared"}, " shared:", " shared:"},
        {{"slave"}, "", ""},
        {{"private"}, "", ""},
        {{"rprivate"}, "", ""},
        {{"unbindable"}, " unbindable", ""},
        {{"runbindable"}, " unbindable", " unbindable"},
        {{"shared", "slave"}, "", ""},
        {{"rshared", "private"}, "", " shared:"},
        {{"rslave", "rshared"}, " shared:", " shared:"},
        {{"private", "shared", "private", "shared", "rprivate", "rshared"}, " shared:", " shared:"},
    };
    for (const auto& one : cases) {
        INFO(json(one.options).dump());
        const std::string top = bound_with("rw", one.options).propagation;
        const std::string below = bound_with("rw", one.options, "/data/below").propagation;
        const auto agrees = [](const std::string& found, const std::string& wanted) {
            return wanted.empty() ? found.find("shared:") == std::string::npos &&
                                        found.find("unbindable") == std::string::npos
                                  : (found + " ").find(wanted) != std::string::npos;
        };
        INFO("top" << top << ", below" << below);
        CHECK(agrees(top, one.top));
        CHECK(agrees(below, one.below));
    }
}

TEST_CASE("mount options: remount changes what is there") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.folder("data")
        .mount("/data", "tmpfs", "tmpfs", {"nosuid", "size=64k"})
        .mount("/data", "", "", {"remount", "size=128k", "noexec"})
        .mount("/dev/shm", "", "", {"remount", "bind", "ro"})
        .args({"/bin/cat", "/proc/self/mountinfo"});
    const std::string mounts = output_of(bundle);
    const Shown data = shown_at(mounts, "/data");
    CHECK(has_word(data.super, "size=128k"));
    CHECK(has_word(data.attributes, "noexec"));
    CHECK(has_word(data.attributes, "nosuid"));
    const Shown shm = shown_at(mounts, "/dev/shm");
    CHECK(has_word(shm.attributes, "ro"));
    CHECK(has_word(shm.super, "rw"));
}

TEST_CASE("mount options: what only the filesystem knows goes to it, and never to a bind") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.mount("/data", "tmpfs", "tmpfs", {"nr_inodes=17"})
        .script("grep ' /data ' /proc/mounts | grep -o nr_inodes=17");
    CHECK(output_of(bundle) == "nr_inodes=17\n");
    bundle.set("/mounts/7/options", {"nosuchoption=1"});
    create_refused(bundle, "option \"nosuchoption=1\": ");
    bundle.set("/mounts/7",
               {{"destination", "/data"}, {"source", "/tmp"}, {"options", {"bind", "mode=700"}}});
    create_refused(bundle,
                   "bind mounts cannot have any filesystem-specific options applied: \"mode=700\"");
    bundle.set("/mounts/7", {{"destination", "/data"}, {"type", "tmpfs"}, {"options", {"acl"}}});
    create_refused(bundle, "option \"acl\": ");
}

TEST_CASE("mount options: the error for a misspelled one suggests the right one") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.mount("/data", "/tmp", "bind", {"bind", "roo"});
    create_refused(bundle,
                   "bind mounts cannot have any filesystem-specific options applied: \"roo\" (did "
                   "you mean \"ro\"?)");
    bundle.set("/mounts/7", {{"destination", "/data"}, {"type", "tmpfs"}, {"options", {"noexce"}}});
    create_refused(bundle, "option \"noexce\": ");
    create_refused(bundle, "(did you mean \"noexec\"?)");
}

}  // namespace
}  // namespace crux::test
