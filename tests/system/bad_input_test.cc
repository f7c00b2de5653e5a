// Errors in a bundle or a command line are reported once, with their pointer or option, and change
// nothing.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// All entries below a directory, with their types and modes.
std::set<std::string> tree_of(const std::string& folder) {
    std::set<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        struct ::stat status = {};
        REQUIRE(::lstat(entry.path().c_str(), &status) == 0);
        all.insert(entry.path().string() + ' ' + std::to_string(status.st_mode));
    }
    return all;
}

/// Checks that create and run fail with this text in their only error, on standard error and in the
/// JSON log, and that neither the bundle nor the state root has changed.
void rejected(Bundle& bundle, const std::vector<std::string>& parts) {
    bundle.write();
    const auto before = tree_of(bundle.path());
    Container container(bundle);
    const std::string log = work_folder() + "/bad-input.log";
    container.global_options = {"--log", log, "--log-format", "json"};
    for (const std::string command : {"create", "run"}) {
        const Outcome outcome =
            container.crux({command, "--bundle", bundle.path(), container.id()});
        INFO(outcome.describe());
        CHECK(outcome.status == 1);
        CHECK(outcome.signal == 0);
        CHECK_FALSE(outcome.timed_out);
        CHECK(outcome.out == "");
        const auto lines = lines_of(read_file(log));
        REQUIRE(lines.size() == 1);
        const json entry = json::parse(lines[0]);
        CHECK(entry["level"] == "error");
        CHECK(outcome.err == entry["msg"].get<std::string>() + '\n');
        CHECK_THAT(outcome.err, Catch::StartsWith("runc " + command + " failed: "));
        for (const std::string& part : parts) CHECK_THAT(outcome.err, Catch::Contains(part));
        CHECK_FALSE(fs::exists(container.state_folder()));
        fs::remove(log);
    }
    CHECK(tree_of(bundle.path()) == before);
}

TEST_CASE("a missing config.json is an error with runc's message") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.write_raw("{}");
    fs::remove(bundle.path() + "/config.json");
    Container container(bundle);
    container.global_options = bare_errors();
    const std::string words = "JSON specification file config.json not found";
    refused(container.crux({"create", "-b", bundle.path(), container.id()}),
            "runc create failed: " + words);
    refused(container.crux({"run", "-b", bundle.path(), container.id()}),
            "runc run failed: " + words);
    for (const char* command : {"explain", "validate"})
        refused_with(container.crux({command, "-b", bundle.path()}), words);
}

TEST_CASE("a bundle that is missing or not a directory is an error with its path") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Container container(bundle);
    container.global_options = bare_errors();
    const std::string missing = bundle.path() + "/nosuch";
    const std::string file = bundle.path() + "/plain";
    write_file(file, "");
    for (const std::string command : {"create", "run"}) {
        refused_with(container.crux({command, "-b", missing, container.id()}),
                     missing + ": no such file or directory");
        refused_with(container.crux({command, "-b", file, container.id()}),
                     file + ": not a directory");
    }
}

TEST_CASE("a config.json that is not a JSON object is an error with its position") {
    need_root();
    const Unchanged host;
    const std::string texts[] = {"",
                                 " \n",
                                 "{",
                                 "}",
                                 "nul",
                                 "[]",
                                 "\"text\"",
                                 "{\"ociVersion\": \"1.0.2\",}",
                                 "{\"ociVersion\": \"1.0.2\"} trailing",

                                 "{'a': 1}",
                                 "{\"a\": 1e999999}",
                                 std::string(100000, '['),
                                 std::string("{\0}", 3)};
    for (const std::string& text : texts) {
        Bundle bundle;
        bundle.write_raw(text);
        INFO(text.substr(0, 40));
        rejected(bundle, {});
    }
    Bundle bundle;
    bundle.write_raw("null");
    rejected(bundle, {"null"});
}

TEST_CASE("a config.json that is not a regular file does not block") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.write_raw("{}");
    const std::string path = bundle.path() + "/config.json";
    Container container(bundle);
    container.global_options = bare_errors();
    CommandOptions soon;
    soon.timeout = 5s;
    const auto fails = [&] {
        const Outcome outcome =
            container.crux({"create", "-b", bundle.path(), container.id()}, soon);
        INFO(outcome.describe());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, Catch::Contains("config.json"));
    };
    fs::remove(path);
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    fails();
    fs::remove(path);
    fs::create_directory(path);
    fails();
    fs::remove(path);
    fs::create_symlink("config.json", path);
    fails();
    fs::remove(path);
    fs::create_symlink("/dev/zero", path);
    fails();
}

TEST_CASE("every property with a wrong type is an error with its pointer") {
    need_root();
    const Unchanged host;
    const std::pair<const char*, json> cases[] = {
        {"/ociVersion", 1},
        {"/root", "rootfs"},
        {"/root/path", json::array()},
        {"/root/readonly", "yes"},
        {"/hostname", 5},
        {"/domainname", json::object()},
        {"/annotations", "text"},
        {"/annotations/a", 1},
        {"/mounts", json::object()},
        {"/mounts/0", "text"},
        {"/mounts/0/destination", 1},
        {"/mounts/0/options", "ro"},
        {"/mounts/0/options/0", 1},
        {"/process", "sh"},
        {"/process/terminal", "no"},
        {"/process/consoleSize", 5},
        {"/process/consoleSize/height", -1},
        {"/process/cwd", 5},
        {"/process/env", "A=1"},
        {"/process/env/0", 5},
        {"/process/args", "sh"},
        {"/process/args/0", 5},
        {"/process/user", 0},
        {"/process/user/uid", "root"},
        {"/process/user/uid", -1},
        {"/process/user/gid", 1.5},
        {"/process/user/umask", "022"},
        {"/process/user/additionalGids", 5},
        {"/process/user/additionalGids/0", "tty"},
        {"/process/capabilities", json::array({"CAP_KILL"})},
        {"/process/capabilities/bounding", "CAP_KILL"},
        {"/process/capabilities/bounding/0", 5},
        {"/process/rlimits", json::object()},
        {"/process/rlimits/0", "RLIMIT_CORE"},
        {"/process/rlimits/0/type", 7},
        {"/process/rlimits/0/hard", "unlimited"},
        {"/process/rlimits/0/soft", -1},
        {"/process/noNewPrivileges", 1},
        {"/process/oomScoreAdj", "0"},
        {"/process/oomScoreAdj", 100000},
        {"/hooks", json::array()},
        {"/hooks/prestart", json::object()},
        {"/hooks/createRuntime/0", "hook"},
        {"/hooks/poststop/0/path", 5},
        {"/hooks/poststop/0/args", "a"},
        {"/hooks/poststop/0/env", json::object()},
        {"/hooks/poststop/0/timeout", "1"},
        {"/linux", json::array()},
        {"/linux/namespaces", json::object()},
        {"/linux/namespaces/0", "pid"},
        {"/linux/namespaces/0/type", 5},
        {"/linux/namespaces/0/path", 5},
        {"/linux/uidMappings", json::object()},
        {"/linux/uidMappings/0/size", "many"},
        {"/linux/sysctl", json::array()},
        {"/linux/sysctl/kernel.shmmni", 5},
        {"/linux/cgroupsPath", 5},
        {"/linux/resources", json::array()},
        {"/linux/resources/memory", 5},
        {"/linux/resources/memory/limit", "1m"},
        {"/linux/resources/cpu/shares", -1},
        {"/linux/resources/pids", 5},
        {"/linux/resources/pids/limit", "5"},
        {"/linux/resources/devices", json::object()},
        {"/linux/resources/devices/0/allow", "no"},
        {"/linux/devices", json::object()},
        {"/linux/devices/0/major", "1"},
        {"/linux/seccomp", json::array()},
        {"/linux/seccomp/defaultAction", 5},
        {"/linux/maskedPaths", "text"},
        {"/linux/readonlyPaths/0", 5},
        {"/linux/rootfsPropagation", 5},
    };
    Bundle bundle;
    Container container(bundle);
    container.global_options = bare_errors();
    const json good = bundle.config();
    for (const auto& [pointer, value] : cases) {
        bundle.config() = good;
        bundle.set(pointer, value);
        bundle.write();
        const Outcome outcome = container.crux({"create", "-b", bundle.path(), container.id()});
        INFO(pointer << ' ' << value << '\n' << outcome.describe());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, Catch::Contains(pointer));
        CHECK(lines_of(outcome.err).size() == 1);
    }
}

TEST_CASE("what the specification forbids is an error with its pointer") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const json good = bundle.config();
    const auto wrong = [&](const json& patch, const std::vector<std::string>& parts) {
        bundle.config() = good;
        bundle.patch(patch);
        INFO(patch);
        rejected(bundle, parts);
    };
    wrong({{"ociVersion", nullptr}}, {"ociVersion"});
    wrong({{"ociVersion", "2.0.0"}}, {"2.0.0", "/ociVersion"});
    wrong({{"ociVersion", "one"}}, {"/ociVersion"});
    wrong({{"root", nullptr}}, {"root"});
    wrong({{"root", {{"path", ""}}}}, {"/root/path"});
    wrong({{"process", {{"cwd", "tmp"}}}}, {"Cwd must be an absolute path", "/process/cwd"});
    wrong({{"process", {{"cwd", nullptr}}}}, {"Cwd property must not be empty"});
    wrong({{"process", {{"args", json::array()}}}}, {"args must not be empty", "/process/args"});
    wrong({{"process", {{"args", nullptr}}}}, {"args must not be empty"});
    wrong({{"process", {{"env", {"=x"}}}}}, {"/process/env/0"});
    const json limit = {{"type", "RLIMIT_CORE"}, {"soft", 0}, {"hard", 0}};
    wrong({{"process", {{"rlimits", {limit, limit}}}}}, {"/process/rlimits/1"});
    wrong({{"process", {{"rlimits", {{{"type", "RLIMIT_NOSUCH"}, {"soft", 0}, {"hard", 0}}}}}}},
          {"RLIMIT_NOSUCH", "/process/rlimits/0/type"});
    wrong({{"hooks", {{"prestart", {{{"path", "relative"}}}}}}}, {"/hooks/prestart/0/path"});
    wrong({{"hooks", {{"prestart", {{{"path", "/x"}, {"timeout", 0}}}}}}},
          {"/hooks/prestart/0/timeout"});
    wrong({{"linux", {{"namespaces", {{{"type", "nosuch"}}}}}}}, {"/linux/namespaces/0/type"});
    wrong({{"linux", {{"namespaces", {{{"type", "pid"}}, {{"type", "pid"}}}}}}},
          {"/linux/namespaces/1"});
    wrong({{"linux", {{"rootfsPropagation", "sideways"}}}}, {"/linux/rootfsPropagation"});
    wrong({{"mounts", {{{"destination", ""}, {"type", "proc"}, {"source", "proc"}}}}},
          {"/mounts/0/destination"});
}

TEST_CASE("all errors of a config.json are reported in one message") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/cwd", "relative")
        .set("/process/rlimits/0/type", "RLIMIT_NOSUCH")
        .set("/hostname", 5)
        .set("/mounts/0/options", "ro");
    rejected(bundle, {"/process/cwd", "/process/rlimits/0/type", "/hostname", "/mounts/0/options"});
}

TEST_CASE("a missing root filesystem is an error with its path") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/root/path", "nosuch");
    rejected(bundle, {bundle.path() + "/nosuch", "no such file or directory"});
    bundle.set("/root/path", "/nosuch/root");
    rejected(bundle, {"/nosuch/root", "no such file or directory"});
    write_file(bundle.path() + "/plain", "");
    bundle.set("/root/path", "plain");
    rejected(bundle, {bundle.path() + "/plain", "not a directory"});
}

TEST_CASE("a missing bind source or namespace is an error with path and pointer") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const json good = bundle.config();
    bundle.mount("/tmp", "none", "/nosuch/source", {"bind"});
    rejected(bundle, {"/nosuch/source", "no such file or directory", "/mounts/7"});
    bundle.config() = good;
    bundle.name_space("network", "/nosuch/net");
    // It was appended to the list, whose length depends on the host.
    const std::string place =
        "/linux/namespaces/" + std::to_string(bundle.config()["linux"]["namespaces"].size() - 1);
    rejected(bundle, {"/nosuch/net", "no such file or directory", place});
    bundle.config() = good;
    bundle.name_space("network", "/proc/self/ns/uts");
    rejected(bundle, {"/proc/self/ns/uts", place});
}

TEST_CASE("a file bound over a directory and the reverse fail with the error of mount(2)") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const json good = bundle.config();
    bundle.file("plain", "text");
    bundle.mount("/tmp", "none", bundle.rootfs() + "/plain", {"bind"});
    rejected(bundle, {"/mounts/7", "not a directory"});
    bundle.config() = good;
    bundle.mount("/plain", "none", bundle.rootfs() + "/tmp", {"bind"});
    rejected(bundle, {"/mounts/7", "not a directory"});
}

TEST_CASE("a mount that the kernel refuses is an error with its pointer") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const json good = bundle.config();
    bundle.mount("/tmp", "nosuchfs", "none");
    rejected(bundle, {"/mounts/7", "no such device"});
    bundle.config() = good;
    bundle.mount("/tmp", "tmpfs", "tmpfs", {"size=lots"});
    rejected(bundle, {"/mounts/7", "size"});
}

TEST_CASE("the objects of a failed create are deleted by force without output") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/cwd", "relative");
    Container container(bundle);
    CHECK(container.create().status == 1);
    must(container.remove({"--force"}));
    CHECK(container.crux({"list", "-q"}).out == "");
}

TEST_CASE("validate reports every error and every warning, and changes nothing") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Container container(bundle);
    bundle.write();
    const auto before = tree_of(bundle.path());
    const Outcome good = container.crux({"validate", "-b", bundle.path()});
    INFO(good.describe());
    CHECK(good.status == 0);
    bundle.set("/process/cwd", "relative").set("/hostname", 5).set("/nosuchproperty", 1);
    bundle.write();
    const Outcome bad = container.crux({"validate", "-b", bundle.path()});
    INFO(bad.describe());
    CHECK(bad.status == 1);
    const std::string all = bad.out + bad.err;
    for (const char* pointer : {"/process/cwd", "/hostname", "/nosuchproperty"})
        CHECK_THAT(all, Catch::Contains(pointer));
    CHECK(tree_of(bundle.path()) == before);
}

TEST_CASE("a damaged state is an error, and delete by force removes it") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"});
    for (const char* text : {"", "{", "{}", "[]", "{\"id\": 5}"}) {
        Container container(bundle);
        container.global_options = bare_errors();
        must(container.create());
        const pid_t pid = container.pid();
        write_file(container.state_folder() + "/state.json", text, 0600);
        INFO(text);
        for (const char* command : {"state", "start", "pause", "kill"}) {
            const Outcome outcome = container.crux({command, container.id()});
            INFO(outcome.describe());
            CHECK(outcome.status == 1);
            CHECK(lines_of(outcome.err).size() == 1);
        }
        must(container.remove({"--force"}));
        CHECK(exit_of(pid).has_value());
        CHECK_FALSE(fs::exists(container.state_folder()));
    }
}

TEST_CASE("a full disk is told with the path of the file in the state directory") {
    need_root();
    Bundle bundle;
    // Longer than the page that the state root has.
    bundle.set("/annotations", {{"com.example.long", std::string(8192, 'x')}}).write();
    Container container(bundle);
    container.global_options = bare_errors();
    fs::create_directories(container.root());
    container.prefix = {"unshare",
                        "-m",
                        "sh",
                        "-c",
                        "mount -t tmpfs -o mode=0700,nr_blocks=1 tmpfs \"$0\" && exec \"$@\"",
                        container.root()};
    const Outcome outcome = container.create();
    INFO(outcome.describe());
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, Catch::Contains(container.state_folder() +
                                            "/config.json: write: no space left on device"));
}

TEST_CASE("a device node whose name the image has for another file is an error") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/devices", {{{"type", "c"}, {"path", "/data"}, {"major", 1}, {"minor", 3}}})
        .file("data", "of the image");
    Container container(bundle);
    container.global_options = bare_errors();
    const Outcome outcome = container.create();
    INFO(outcome.describe());
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, Catch::Contains("create the device node /data") &&
                                Catch::Contains("file exists (the image's file is another one) "
                                                "(config.json: /linux/devices/0)"));
}

}  // namespace
}  // namespace crux::test
