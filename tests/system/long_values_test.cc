// Mounts with values that are longer than the 255 bytes that fsconfig(2) accepts
// (docs/decisions/0017).

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/ordinary_user.h"
#include "tests/support/runs.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::size_t most_data() {
    return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) - 1;
}

/// Lower directories of an overlay, each with the file "all", which has the number of the
/// directory, and a file of its own.
class Layers {
 public:
    explicit Layers(const Bundle& bundle) : top_(bundle.path()) {}

    /// Adds a directory; returns its path.
    std::string add(const std::string& name) {
        const std::string path = top_ + "/" + name;
        fs::create_directories(path);
        const std::string number = std::to_string(count_++);
        write_file(path + "/all", number + "\n");
        write_file(path + "/of" + number, "");
        list_ += (list_.empty() ? "" : ":") + escaped(path);
        return path;
    }
    /// Adds directories with long names until the list has exactly this length.
    void fill(std::size_t length) {
        const std::size_t around = top_.size() + 2;
        constexpr std::size_t kUsual = 100;
        constexpr std::size_t kLeast = 10;
        while (length - list_.size() > 2 * around + kUsual + kLeast) add(name_of(kUsual));
        add(name_of(length - list_.size() - around));
        REQUIRE(list_.size() == length);
    }
    /// A directory at the end of a path of about this length.
    std::string deep(std::size_t length) {
        std::string name = "deep";
        while (top_.size() + name.size() + 1 < length)
            name += "/" + std::string(
                              std::min<std::size_t>(200, length - top_.size() - name.size()), 'd');
        return add(name);
    }

    [[nodiscard]] const std::string& list() const { return list_; }
    [[nodiscard]] int count() const { return count_; }

 private:
    static std::string escaped(const std::string& path) {
        std::string text;
        for (const char c : path) {
            if (c == ':' || c == ',' || c == '\\') text += '\\';
            text += c;
        }
        return text;
    }
    [[nodiscard]] std::string name_of(std::size_t length) const {
        std::string name = std::to_string(count_) + "-";
        REQUIRE(length >= name.size());
        return name + std::string(length - name.size(), 'n');
    }

    std::string top_;
    std::string list_;
    int count_ = 0;
};

/// A long directory below the bundle, for "upperdir" and "workdir".
std::string long_folder(const Bundle& bundle, const std::string& name) {
    const std::string path = bundle.path() + "/" + std::string(240, 'u') + "/" + name;
    fs::create_directories(path);
    return path;
}

Bundle& overlay(Bundle& bundle, const std::vector<std::string>& options) {
    return bundle.folder("data").mount("/data", "overlay", "overlay", options);
}

const std::string kShow = "cat /data/all; ls /data | grep -c ^of; ";

std::string shown(const Layers& layers) {
    return "0\n" + std::to_string(layers.count()) + "\n";
}

TEST_CASE("an overlay has as many lower directories as a page holds, and more by lowerdir+") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Layers layers(bundle);
    layers.fill(most_data() - std::string("lowerdir=").size());
    CHECK(layers.count() >= 20);
    overlay(bundle, {"nosuid", "lowerdir=" + layers.list()})
        .script(kShow +
                "touch /data/new 2>/dev/null || echo refused; "
                "grep -c ' /data overlay [^ ]*nosuid' /proc/mounts");
    CHECK(output_of(bundle) == shown(layers) + "refused\n1\n");
    layers.add("more");
    bundle.set("/mounts/7/options/1", "lowerdir=" + layers.list()).script(kShow);
    if (kernel_is_at_least(6, 8))
        CHECK(output_of(bundle) == shown(layers));
    else
        create_refused(bundle, "(config.json: /mounts/7/options/1)");
}

TEST_CASE("an overlay is made by mount(2) with all the options that a page holds") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Layers layers(bundle);
    const std::string upper = long_folder(bundle, "upper");
    const std::string rest = ",upperdir=" + upper + ",workdir=" + long_folder(bundle, "work");
    layers.fill(most_data() - std::string("lowerdir=").size() - rest.size());
    CHECK(layers.count() >= 10);
    // One string, as Docker and Podman also write it.
    overlay(bundle, {"nodev", "noexec", "lowerdir=" + layers.list() + rest})
        .script(kShow +
                "echo new >/data/new; echo changed >/data/of3; "
                "grep -c ' /data overlay [^ ]*nodev,noexec' /proc/mounts");
    CHECK(output_of(bundle) == shown(layers) + "1\n");
    CHECK(read_file(upper + "/new") == "new\n");
    CHECK(read_file(upper + "/of3") == "changed\n");
}

TEST_CASE("a lower directory may have the longest path, and one that is relative to the bundle") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Layers layers(bundle);
    layers.add("first");
    layers.deep(3800);
    const std::string list = layers.list().substr(bundle.path().size() + 1);
    REQUIRE(list.starts_with("first:"));
    overlay(bundle, {"lowerdir=" + list}).script(kShow);
    CHECK(output_of(bundle) == shown(layers));
}

TEST_CASE("names of lower directories have colons, commas and backslashes in a long list") {
    need_root();
    const Unchanged host;
    for (const bool by_call : {false, true}) {
        INFO(by_call);
        Bundle bundle;
        Layers layers(bundle);
        for (const char* name : {"a:b", "::", "c,d", "e\\f\\:", "g\\,"}) layers.add(name);
        layers.fill(700);
        std::vector<std::string> options = {"lowerdir=" + layers.list()};
        if (by_call) {
            options.push_back("upperdir=" + long_folder(bundle, "upper"));
            options.push_back("workdir=" + long_folder(bundle, "work"));
        }
        overlay(bundle, options).script(kShow);
        CHECK(output_of(bundle) == shown(layers));
    }
}

TEST_CASE("lower directories with data only follow two colons in a long list") {
    need_root();
    if (!kernel_is_at_least(6, 5)) skip("needs Linux 6.5");
    const Unchanged host;
    Bundle bundle;
    Layers layers(bundle);
    layers.fill(700);
    const std::string before = layers.list();
    const std::string expected = shown(layers);
    const std::string data = layers.add("data");
    overlay(bundle, {"metacopy=on", "lowerdir=" + before + "::" + data}).script(kShow);
    CHECK(output_of(bundle) == expected);
}

TEST_CASE("a long source changes nothing else of a mount") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.folder("data")
        .file("data/file", "text\n")
        .script("stat -c %a /data; cat /data/file; grep -o ' /data tmpfs [^ ]*' /proc/mounts");
    REQUIRE(chmod((bundle.rootfs() + "/data").c_str(), 01751) == 0);
    bundle.mount("/data", "tmpfs", std::string(300, 's'),
                 {"ro", "noexec", "nosymfollow", "noatime", "size=64k", "tmpcopyup"});
    const std::string symlinks = kernel_is_at_least(5, 10) ? ",nosymfollow" : "";
    CHECK_THAT(output_of(bundle), Catch::StartsWith("1751\ntext\n /data tmpfs ro,noexec,noatime" +
                                                    symlinks + ",size=64k"));
}

TEST_CASE("an attribute of the mount alone is not one of the filesystem after mount(2)") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Layers layers(bundle);
    layers.add("lower");
    const std::string upper = long_folder(bundle, "upper");
    overlay(bundle, {"rro", "nodev", "lowerdir=" + layers.list(), "upperdir=" + upper,
                     "workdir=" + long_folder(bundle, "work")})
        .args({"/bin/cat", "/proc/self/mountinfo"});
    const std::string mount = mount_at(output_of(bundle), "/data");
    CHECK_THAT(mount, Catch::StartsWith("ro,nodev"));
    CHECK_THAT(mount, Catch::Contains(" - overlay overlay rw,"));
}

TEST_CASE("a filesystem with a long value can be id-mapped, and filled by later mounts") {
    need_root();
    if (!kernel_is_at_least(6, 3)) skip("an id-mapped tmpfs needs Linux 6.3");
    const Unchanged host;
    Bundle bundle;
    // Without root's own ID nothing could be made in it.
    const json map = json::array({{{"containerID", 0}, {"hostID", 500}, {"size", 10}},
                                  {{"containerID", 500}, {"hostID", 0}, {"size", 1}}});
    bundle.folder("data")
        .set("/mounts/-", {{"destination", "/data"},
                           {"type", "tmpfs"},
                           {"source", std::string(300, 's')},
                           {"options", {"idmap", "mode=755"}},
                           {"uidMappings", map},
                           {"gidMappings", map}})
        .mount("/data/below", "tmpfs", "tmpfs", {"size=64k"})
        .script("stat -c '%u %g %a' /data; grep -c ' /data/below ' /proc/mounts");
    CHECK(output_of(bundle) == "500 500 755\n1\n");
}

/// A process in a mount namespace whose mounts are shared; counts the changes of its mounts.
class SharedNamespace {
 public:
    SharedNamespace()
        : holder_({"unshare", "-m", "--propagation", "private", "sh", "-c",
                   "mount --make-rshared / && echo ready && exec sleep 1000"}) {
        REQUIRE(eventually([&] { return holder_.out() == "ready\n"; }));
        nsenter_ = {"nsenter", "-m", "-t", std::to_string(holder_.pid())};
        mounts_ = open(("/proc/" + std::to_string(holder_.pid()) + "/mountinfo").c_str(),
                       O_RDONLY | O_CLOEXEC);
        REQUIRE(mounts_ >= 0);
    }
    ~SharedNamespace() { close(mounts_); }
    SharedNamespace(const SharedNamespace&) = delete;
    SharedNamespace& operator=(const SharedNamespace&) = delete;

    void enter(Container& container) const { container.prefix = nsenter_; }
    /// Makes a directory a mount there.
    void mount_on_itself(const std::string& path) const {
        std::vector<std::string> words = nsenter_;
        words.insert(words.end(), {"mount", "--bind", path, path});
        must(run(words));
    }
    /// Whether a mount was made or removed since the last call.
    [[nodiscard]] bool has_changed() const {
        pollfd entry = {mounts_, POLLPRI, 0};
        return poll(&entry, 1, 0) == 1;
    }

 private:
    Process holder_;
    std::vector<std::string> nsenter_;
    int mounts_ = -1;
};

TEST_CASE("a long value is mounted out of the sight of the host if the tree is shared with it") {
    need_root();
    const Unchanged host;
    const SharedNamespace shared;
    for (const char* propagation : {"rshared", "shared", "rslave", "rprivate"}) {
        for (const bool is_long : {false, true}) {
            INFO(propagation << (is_long ? " long" : " short"));
            Bundle bundle;
            bundle.set("/linux/rootfsPropagation", propagation)
                .folder("data")
                .mount("/data", "tmpfs", is_long ? std::string(300, 's') : "s")
                .script("grep -c ' /data tmpfs ' /proc/mounts")
                .write();
            // The mount that the root is in becomes private in any case. "/" is not that one.
            shared.mount_on_itself(bundle.path());
            Container container(bundle);
            shared.enter(container);
            (void)shared.has_changed();
            const Outcome outcome = container.run();
            INFO(outcome.describe());
            CHECK(outcome.out == "1\n");
            CHECK_FALSE(shared.has_changed());
        }
    }
}

TEST_CASE("a long value is mounted in a mount namespace that other processes are in") {
    need_root();
    const Unchanged host;
    const Process holder({"unshare", "-m", "--propagation", "private", "sleep", "1000"});
    const std::string link = "/proc/" + std::to_string(holder.pid()) + "/ns/mnt";
    REQUIRE(eventually([&] { return link_of(link) != link_of("/proc/self/ns/mnt"); }));
    Bundle bundle;
    Layers layers(bundle);
    layers.add("lower");
    layers.deep(600);
    overlay(bundle, {"lowerdir=" + layers.list()}).script(kShow);
    for (const bool joined : {true, false}) {
        INFO(joined);
        if (joined) {
            bundle.name_space("mount", link);
        } else {
            bundle.without_name_space("mount")
                .remove("/linux/maskedPaths")
                .remove("/linux/readonlyPaths");
        }
        Container container(bundle);
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK(outcome.out == shown(layers));
    }
}

TEST_CASE("values that no call can take are refused before anything is made") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const std::string upper = "upperdir=/" + std::string(most_data(), 'u');
    overlay(bundle, {"nodev", upper});
    const std::string most = std::to_string(most_data());
    const std::string sentence = "exceeds the limit of " + most +
                                 " bytes for all options of a filesystem on this host: "
                                 "they have " +
                                 std::to_string(upper.size());
    create_refused(bundle, sentence + " (config.json: /mounts/7/options/1)");
    bundle.write();
    const Outcome strict = run({crux_program(), "validate", "--strict", "--bundle", bundle.path()});
    CHECK(strict.status == 1);
    CHECK_THAT(strict.out, Catch::Contains("error: /mounts/7/options/1: " + sentence));

    bundle.set("/mounts/7/options", {"nodev"}).set("/mounts/7/source", std::string(4096, 's'));
    const std::string source = "exceeds the limit of 4095 bytes: has 4096";
    create_refused(bundle, source + " (config.json: /mounts/7/source)");
    bundle.write();
    const Outcome valid = run({crux_program(), "validate", "--bundle", bundle.path()});
    CHECK_THAT(valid.out, Catch::Contains("error: /mounts/7/source: " + source));
}

TEST_CASE("what the kernel refuses of a long value is an error with the place") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const std::string missing = "/missing/" + std::string(250, 'm');
    // Of a single one older kernels say that there are too few.
    overlay(bundle, {"lowerdir=" + missing + ":/"});
    create_refused(bundle,
                   R"(error mounting "overlay" to rootfs at "/data": mount: no such file or )"
                   "directory (config.json: /mounts/7)");
    bundle.set("/mounts/7/type", "nonsense");
    create_refused(bundle,
                   R"(error mounting "overlay" to rootfs at "/data": filesystem type "nonsense": )"
                   "mount: no such device (config.json: /mounts/7)");
}

TEST_CASE("an unprivileged user's overlay has long values") {
    const Unchanged host;
    const OrdinaryUser user;
    if (!kernel_is_at_least(5, 11)) skip("an overlay in a user namespace needs Linux 5.11");
    for (const bool by_call : {false, true}) {
        INFO(by_call);
        Bundle bundle;
        Layers layers(bundle);
        if (by_call) layers.deep(600);
        layers.fill(3000);
        CHECK(layers.count() >= 10);
        overlay(bundle, {"userxattr", "lowerdir=" + layers.list()}).script(kShow);
        user.adapt(bundle);
        Container container(bundle);
        user.take(container, bundle);
        container.global_options = bare_errors();
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK(outcome.err == "");
        CHECK(outcome.out == shown(layers));
    }
}

TEST_CASE("an overlay in a container's own user namespace has long values") {
    need_root();
    if (!has_user_namespaces()) skip("needs user namespaces");
    if (!kernel_is_at_least(5, 11)) skip("an overlay in a user namespace needs Linux 5.11");
    const Unchanged host;
    Bundle bundle;
    Layers layers(bundle);
    layers.deep(600);
    layers.fill(3000);
    const json map = json::array({{{"containerID", 0}, {"hostID", 100000}, {"size", 65536}}});
    bundle.name_space("user").set("/linux/uidMappings", map).set("/linux/gidMappings", map);
    overlay(bundle, {"userxattr", "lowerdir=" + layers.list()}).script(kShow);
    CHECK(output_of(bundle) == shown(layers));
}

}  // namespace
}  // namespace crux::test
