// Rules of the specification that do not fit into another file.

#include <sched.h>
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

json features() {
    const Outcome outcome = run({crux_program(), "features"});
    REQUIRE(outcome.ok());
    return json::parse(outcome.out);
}

/// The errors that validate finds in the bundle's config.
json errors_of(Bundle& bundle) {
    bundle.write();
    const Outcome outcome =
        run({crux_program(), "validate", "--format", "json", "--bundle", bundle.path()});
    return json::parse(outcome.out).at("errors");
}

/// Sets the value to each of the words, one config for each, and expects no error; then to an
/// unknown word, and expects an error.
void all_taken(const json& words, const std::string& place, const json& around = json::object()) {
    REQUIRE(!words.empty());
    json all = words;
    all.push_back("NO_SUCH_WORD");
    for (const json& word : all) {
        Bundle bundle;
        bundle.patch(around).set(place, word);
        INFO(place << " " << word);
        CHECK(errors_of(bundle).empty() == (word != "NO_SUCH_WORD"));
    }
}

TEST_CASE("every version between the two of features is accepted, and no later one") {
    const json document = features();
    const std::string least = document.at("ociVersionMin");
    const std::string most = document.at("ociVersionMax");
    CHECK(least == "1.0.0");
    CHECK(most == "1.3.0");
    for (const std::string version : {least.c_str(), "1.0.2", "1.1.0", "1.2.1", most.c_str()}) {
        Bundle bundle;
        bundle.set("/ociVersion", version);
        CHECK(errors_of(bundle).empty());
    }
    // Older than 1.0.0 is read with a warning, as by other runtimes, but features does not list it.
    Bundle old;
    old.set("/ociVersion", "0.9.0");
    CHECK(errors_of(old).empty());
    for (const char* version : {"2.0.0", "1", "1.3", "v1.3.0"}) {
        Bundle bundle;
        bundle.set("/ociVersion", version);
        CHECK(errors_of(bundle).size() == 1);
    }
}

TEST_CASE("every Linux property that features lists is accepted in config.json") {
    const json linux_part = features().at("linux");
    const json ids = json::array({{{"containerID", 0}, {"hostID", 0}, {"size", 1}}});
    for (const json& type : linux_part.at("namespaces")) {
        Bundle bundle;
        bundle.name_space(type);
        if (type == "user") bundle.set("/linux/uidMappings", ids).set("/linux/gidMappings", ids);
        INFO(type);
        CHECK(errors_of(bundle).empty());
    }
    const json profile = {{"linux", {{"seccomp", {{"defaultAction", "SCMP_ACT_ALLOW"}}}}}};
    json rule = profile;
    rule["linux"]["seccomp"]["listenerPath"] = "/run/agent.sock";
    rule["linux"]["seccomp"]["syscalls"] =
        json::array({{{"names", {"mkdir"}}, {"action", "SCMP_ACT_ERRNO"}}});
    const json& seccomp = linux_part.at("seccomp");
    all_taken(seccomp.at("actions"), "/linux/seccomp/syscalls/0/action", rule);
    rule["linux"]["seccomp"]["syscalls"][0]["args"] =
        json::array({{{"index", 0}, {"value", 1}, {"valueTwo", 1}, {"op", "SCMP_CMP_EQ"}}});
    all_taken(seccomp.at("operators"), "/linux/seccomp/syscalls/0/args/0/op", rule);
    all_taken(seccomp.at("archs"), "/linux/seccomp/architectures/0", profile);
    all_taken(seccomp.at("knownFlags"), "/linux/seccomp/flags/0", profile);
    for (const json& flag : seccomp.at("supportedFlags"))
        CHECK(std::ranges::count(seccomp.at("knownFlags"), flag) == 1);
    for (const json& mode : linux_part.at("memoryPolicy").at("modes")) {
        Bundle bundle;
        const bool no_nodes = mode == "MPOL_DEFAULT" || mode == "MPOL_LOCAL";
        bundle.set("/linux/memoryPolicy", {{"mode", mode}, {"nodes", no_nodes ? "" : "0"}});
        INFO(mode);
        CHECK(errors_of(bundle).empty());
    }
    all_taken(linux_part.at("memoryPolicy").at("flags"), "/linux/memoryPolicy/flags/0",
              {{"linux", {{"memoryPolicy", {{"mode", "MPOL_BIND"}, {"nodes", "0"}}}}}});
}

TEST_CASE("every capability, hook and option that features lists is accepted") {
    const json document = features();
    Bundle bundle;
    bundle.set("/process/capabilities/bounding", document.at("linux").at("capabilities"));
    for (const json& moment : document.at("hooks"))
        bundle.set("/hooks/" + moment.get<std::string>(), json::array({{{"path", "/bin/true"}}}));
    bundle.write();
    const Outcome outcome =
        run({crux_program(), "validate", "--format", "json", "--bundle", bundle.path()});
    const json found = json::parse(outcome.out);
    CHECK(found.at("errors").empty());
    CHECK(found.at("warnings").empty());
    for (const json& option : document.at("mountOptions")) {
        Bundle each;
        json entry = {{"destination", "/mnt"}, {"source", "/tmp"}, {"options", {"rbind"}}};
        if (option == "tmpcopyup") entry = {{"destination", "/mnt"}, {"type", "tmpfs"}};
        entry["options"].push_back(option);
        if (option == "idmap" || option == "ridmap")
            for (const char* kind : {"uidMappings", "gidMappings"})
                entry[kind] = json::array({{{"containerID", 0}, {"hostID", 1}, {"size", 1}}});
        each.set("/mounts/-", entry);
        INFO(option);
        CHECK(errors_of(each).empty());
    }
}

/// Makes the plan of create for this host, for which the filter is compiled among other things.
Outcome planned(Bundle& bundle) {
    bundle.write();
    return run({crux_program(), "explain", "--bundle", bundle.path()});
}

/// Checks that create plans a configuration with each of the words, and none with an unknown one.
void all_planned(const json& words, const std::string& place, const json& around) {
    REQUIRE(!words.empty());
    for (const json& word : words) {
        Bundle bundle;
        bundle.patch(around).set(place, word);
        const Outcome outcome = planned(bundle);
        INFO(place << " " << word << outcome.describe());
        CHECK(outcome.ok());
    }
    Bundle unknown;
    unknown.patch(around).set(place, "NO_SUCH_WORD");
    CHECK(!planned(unknown).ok());
}

TEST_CASE("create takes every Linux property that features lists") {
    need_root();
    const json linux_part = features().at("linux");
    const json& seccomp = linux_part.at("seccomp");
    json profile = {{"linux",
                     {{"seccomp",
                       {{"defaultAction", "SCMP_ACT_ALLOW"},
                        {"listenerPath", "/run/agent.sock"},
                        {"syscalls", {{{"names", {"mkdir"}}, {"action", "SCMP_ACT_ERRNO"}}}}}}}}};
    all_planned(seccomp.at("archs"), "/linux/seccomp/architectures/0", profile);
    all_planned(seccomp.at("actions"), "/linux/seccomp/syscalls/0/action", profile);
    json flags = json::array();
    for (const json& flag : seccomp.at("supportedFlags"))
        if (flag != "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" || kernel_is_at_least(5, 19))
            flags.push_back(flag);
    all_planned(flags, "/linux/seccomp/flags/0", profile);
    profile["linux"]["seccomp"]["syscalls"][0]["args"] =
        json::array({{{"index", 0}, {"value", 1}, {"valueTwo", 1}, {"op", "SCMP_CMP_EQ"}}});
    all_planned(seccomp.at("operators"), "/linux/seccomp/syscalls/0/args/0/op", profile);
    Bundle all;
    all.set("/linux/seccomp", profile["linux"]["seccomp"])
        .set("/linux/seccomp/architectures", seccomp.at("archs"));
    CHECK(planned(all).ok());
    for (const json& type : linux_part.at("namespaces")) {
        Bundle bundle;
        bundle.name_space(type);
        const json ids = json::array({{{"containerID", 0}, {"hostID", 0}, {"size", 1}}});
        if (type == "user") bundle.set("/linux/uidMappings", ids).set("/linux/gidMappings", ids);
        const Outcome outcome = planned(bundle);
        INFO(type << outcome.describe());
        CHECK(outcome.ok());
    }
}

TEST_CASE("create takes every mount option that features lists") {
    need_root();
    if (!kernel_is_at_least(5, 14)) skip("recursive attributes and nosymfollow need Linux 5.14");
    const Unchanged host;
    const json ids = json::array({{{"containerID", 0}, {"hostID", 1}, {"size", 1}}});
    for (const json& option : features().at("mountOptions")) {
        json entry = {{"destination", "/mnt"},
                      {"type", "tmpfs"},
                      {"source", "tmpfs"},
                      {"options", json::array({option})}};
        const std::string word = option;
        const bool maps = word == "idmap" || word == "ridmap";
        Bundle bundle;
        // Recursive options are for mounts that exist.
        if (maps || word == "bind" || word.starts_with("r"))
            entry = {
                {"destination", "/mnt"}, {"source", bundle.path()}, {"options", {"rbind", option}}};
        if (maps) entry["uidMappings"] = entry["gidMappings"] = ids;
        if (word == "remount")
            entry = {{"destination", "/proc"}, {"type", "proc"}, {"options", {"remount"}}};
        bundle.set("/mounts/-", entry).args({"/bin/true"});
        Container container(bundle);
        const Outcome outcome = container.run();
        INFO(word << outcome.describe());
        CHECK(outcome.ok());
    }
}

TEST_CASE("features prints the same for every user") {
    const std::string here = run({crux_program(), "features"}).out;
    CommandOptions bare;
    bare.clear_env = true;
    bare.cwd = "/";
    CHECK(run({crux_program(), "features"}, bare).out == here);
    need_root();
    // Without access to the host's kernel: no /proc, no /sys.
    const std::string root = work_folder() + "/bare";
    std::filesystem::create_directory(root);
    std::filesystem::copy_file(crux_program(), root + "/crux",
                               std::filesystem::copy_options::overwrite_existing);
    const Outcome outcome = run({"chroot", "--userspec=65534:65534", root, "/crux", "features"});
    INFO(outcome.describe());
    CHECK(outcome.out == here);
    std::filesystem::remove_all(root);
}

TEST_CASE("each operation of the specification requires a container id") {
    for (const char* operation : {"state", "create", "start", "kill", "delete"}) {
        const Outcome none = run({crux_program(), operation});
        INFO(operation << none.describe());
        CHECK(none.status == 1);
        CHECK_THAT(none.err, Catch::Contains("argument(s)"));
        const Outcome empty = run({crux_program(), "--log", "/dev/null", operation, ""});
        INFO(empty.describe());
        CHECK(empty.status == 1);
        CHECK(empty.err != "");
    }
}

TEST_CASE("kill without a signal sends the one that stops the image") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const char* script = "trap 'exit 7' USR1; trap 'exit 8' TERM; while :; do sleep 0.02; done";
    const auto ended_by = [&](const json& annotations) {
        bundle.set("/annotations", annotations).script(script);
        Container container(bundle);
        const auto running = container.run_beside();
        REQUIRE(container.reaches("running"));
        usleep(100'000);  // for the traps
        must(container.crux({"kill", container.id()}));
        return running->wait().status;
    };
    CHECK(ended_by({{"org.opencontainers.image.stopSignal", "SIGUSR1"}}) == 7);
    CHECK(ended_by({{"org.opencontainers.image.stopSignal", "10"}}) == 7);
    CHECK(ended_by(json::object()) == 8);
}

TEST_CASE("an invalid stop signal is a warning, and TERM is sent") {
    Bundle bundle;
    bundle.set("/annotations", {{"org.opencontainers.image.stopSignal", "SIGMOON"}}).write();
    const Outcome outcome =
        run({crux_program(), "validate", "--format", "json", "--bundle", bundle.path()});
    const json found = json::parse(outcome.out);
    CHECK(found.at("errors").empty());
    REQUIRE(found.at("warnings").size() == 1);
    CHECK(found.at("warnings")[0].at("pointer") ==
          "/annotations/org.opencontainers.image.stopSignal");
}

TEST_CASE("annotations of the image are kept as they are") {
    need_root();
    const Unchanged host;
    json annotations;
    for (const char* name : {"os", "os.version", "os.features", "architecture", "variant", "author",
                             "created", "exposedPorts"})
        annotations[std::string("org.opencontainers.image.") + name] = "";
    annotations["nodots"] = "value";
    Bundle bundle;
    bundle.set("/annotations", annotations);
    Container container(bundle);
    must(container.create());
    CHECK(container.state().at("annotations") == annotations);
}

TEST_CASE("the filesystems and devices that Linux programs expect are in spec's container") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script(
        "for at in /proc /sys /dev/pts /dev/shm; do grep -c \" $at \" /proc/mounts; done");
    CHECK(output_of(bundle) == "1\n1\n1\n1\n");
}

TEST_CASE("a namespace that is not listed is the caller's, and a listed one is new") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.without_name_space("uts")
        .without_name_space("ipc")
        .remove("/hostname")
        .script("for one in pid net ipc uts mnt; do readlink /proc/self/ns/$one; done");
    const auto inside = lines_of(output_of(bundle));
    REQUIRE(inside.size() == 5);
    const char* const names[] = {"pid", "net", "ipc", "uts", "mnt"};
    for (std::size_t i = 0; i < inside.size(); ++i) {
        INFO(names[i]);
        const bool shared = inside[i] == link_of(std::string("/proc/self/ns/") + names[i]);
        CHECK(shared == (i == 2 || i == 3));
    }
}

TEST_CASE("a container runs on every CPU, whatever its caller was bound to") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script("grep Cpus_allowed_list /proc/self/status");
    const std::string all = output_of(bundle);
    cpu_set_t before;
    CPU_ZERO(&before);
    REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
    if (CPU_COUNT(&before) < 2) skip("needs two CPUs");
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
    const std::string bound = output_of(bundle);
    REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
    CHECK(bound == all);
    CHECK(bound != "Cpus_allowed_list:\t0\n");
}

TEST_CASE("sysctls of the user namespace are written for a container that has one") {
    need_root();
    if (!has_user_namespaces()) skip("needs user namespaces");
    const Unchanged host;
    const json ids = json::array({{{"containerID", 0}, {"hostID", 100000}, {"size", 1000}}});
    Bundle bundle;
    bundle.set("/linux/sysctl", {{"user.max_time_namespaces", "7"}})
        .script("cat /proc/sys/user/max_time_namespaces");
    create_refused(bundle, "user.max_time_namespaces");
    bundle.name_space("user").set("/linux/uidMappings", ids).set("/linux/gidMappings", ids);
    CHECK(output_of(bundle) == "7\n");
}

TEST_CASE("a filesystem type that the kernel does not support is an error with its name") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.mount("/mnt", "nosuchfs", "none");
    create_refused(bundle,
                   "error mounting \"none\" to rootfs at \"/mnt\": filesystem type \"nosuchfs\": "
                   "fsopen: no such device (config.json: /mounts/7)");
}

TEST_CASE("system calls that libseccomp does not know are a warning with their names") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/seccomp",
               {{"defaultAction", "SCMP_ACT_ALLOW"},
                {"syscalls", json::array({{{"names", {"no_such_call", "mkdir", "nor_this"}},
                                           {"action", "SCMP_ACT_ERRNO"}}})}});
    // Twice: the second program comes from the cache.
    for (int i = 0; i < 2; ++i) {
        Container each(bundle);
        const Outcome outcome = each.run();
        CHECK(outcome.ok());
        CHECK_THAT(outcome.err,
                   Catch::Contains("level=warning") &&
                       Catch::Contains("/linux/seccomp/syscalls: libseccomp does not "
                                       "know, and leaves out: no_such_call, nor_this"));
    }
}

}  // namespace
}  // namespace crux::test
