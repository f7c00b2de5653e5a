#include "tests/faults/victim.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {

using nlohmann::json;

namespace {

json hook(const std::string& script) {
    return json::array({{{"path", "/bin/sh"}, {"args", {"sh", "-c", script}}}});
}

void dress_default(Bundle& /*bundle*/) {}

void dress_confined(Bundle& bundle) {
    constexpr unsigned kOutside = 100'000;
    constexpr unsigned kCount = 65'536;
    bundle.name_space("user");
    const json map = json::array({{{"containerID", 0}, {"hostID", kOutside}, {"size", kCount}}});
    bundle.set("/linux/uidMappings", map).set("/linux/gidMappings", map);
    bundle.set("/process/terminal", true);
    bundle.set("/hooks", {{"prestart", hook("cat >/dev/null")},
                          {"createRuntime", hook("cat >/dev/null")},
                          {"createContainer", hook("cat >/dev/null")},
                          {"startContainer", hook("cat >/dev/null")},
                          {"poststart", hook("cat >/dev/null")},
                          {"poststop", hook("cat >/dev/null")}});
    bundle.set(
        "/linux/seccomp",
        {{"defaultAction", "SCMP_ACT_ALLOW"},
         {"syscalls", json::array({{{"names", {"reboot"}}, {"action", "SCMP_ACT_ERRNO"}}})}});
    bundle.set("/linux/cgroupsPath", "/" + our_tag() + "-above/below/confined");
}

void dress_mounts(Bundle& bundle) {
    for (int i = 0; i < 12; ++i) {
        const std::string number = std::to_string(i);
        bundle.folder("data" + number);
        bundle.mount("/data" + number, "bind", bundle.rootfs() + "/tmp", {"rbind", "ro"});
        bundle.mount("/tmp/made" + number, "tmpfs", "tmpfs", {"nosuid", "size=64k"});
    }
    bundle.set("/root/readonly", false);
    bundle.set("/linux/rootfsPropagation", "rslave");
    bundle.set(
        "/linux/resources",
        {{"memory", {{"limit", 64 << 20}}}, {"pids", {{"limit", 32}}}, {"cpu", {{"shares", 512}}}});
}

void dress_host_mounts(Bundle& bundle) {
    dress_mounts(bundle);
    bundle.without_name_space("mount")
        .set("/root/readonly", true)
        .remove("/linux/maskedPaths")
        .remove("/linux/readonlyPaths")
        .remove("/linux/rootfsPropagation");
}

}  // namespace

bool thorough() {
    const char* wish = std::getenv("CRUX_THOROUGH");
    return wish != nullptr && *wish != '\0' && std::string(wish) != "0";
}

const std::vector<Scene>& scenes() {
    static const std::vector<Scene> all = {{"default", dress_default},
                                           {"confined", dress_confined, true},
                                           {"mounts", dress_mounts},
                                           {"mounts on the host", dress_host_mounts}};
    return all;
}

const Scene& dumpable_scene() {
    static const Scene scene = {
        "dumpable",
        // A restore interrupts the call in which the program waits, with which some versions of
        // sleep end.
        [](Bundle& bundle) {
            bundle.script("exec </dev/null >/dev/null 2>&1; exec tail -f /dev/null");
        }};
    return scene;
}

ConsoleSocket::ConsoleSocket() {
    static int count = 0;
    path_ = work_folder() + "/console-" + std::to_string(++count);
    socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
    if (path_.size() >= sizeof address.sun_path) throw std::runtime_error(path_ + " is too long");
    std::memcpy(address.sun_path, path_.c_str(), path_.size());
    if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(socket_, SOMAXCONN) != 0)
        throw std::runtime_error("listen at " + path_);
}

ConsoleSocket::~ConsoleSocket() {
    close(socket_);
    unlink(path_.c_str());
}

void ConsoleSocket::drain() const {
    for (int peer = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC); peer >= 0;
         peer = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC))
        close(peer);
}

void reap_orphans() {
    while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
}

Victim::Victim(const Scene& scene) : container_(bundle_), has_terminal_(scene.has_terminal) {
    bundle_.args({"/bin/sleep", "1000"});
    scene.dress(bundle_);
    bundle_.write();
    container_.global_options = {"--log", log()};
    // These remain on purpose: the state root, and the compiled seccomp program in it.
    container_.create(has_terminal_ ? std::vector<std::string>{"--console-socket", console_.path()}
                                    : std::vector<std::string>{});
    container_.remove({"--force"});
    reap_orphans();
    before_ = HostSnapshot::take();
}

std::vector<std::string> Victim::words(const std::string& command,
                                       const std::vector<std::string>& more) const {
    std::vector<std::string> all = {command, "--bundle", bundle_.path()};
    if (has_terminal_) all.insert(all.end(), {"--console-socket", console_.path()});
    all.insert(all.end(), more.begin(), more.end());
    all.push_back(container_.id());
    return container_.words(all);
}

bool Victim::program_runs(pid_t pid, bool is_waiting) const {
    const std::string file = "/proc/" + std::to_string(pid) + "/cmdline";
    return eventually([&] {
        std::string first;
        std::getline(std::ifstream(file), first, '\0');
        if (is_waiting) return !first.empty();
        return first.ends_with("sleep") || first.ends_with("tail");
    });
}

void Victim::make_images() {
    must(run(words("create")));
    must(container_.start());
    REQUIRE(program_runs(container_.state().at("pid")));
    must(container_.crux({"checkpoint", "--image-path", images(), "--work-path", images() + "-work",
                          container_.id()}));
    reap_orphans();
}

std::string Victim::left_at_once() const {
    HostSnapshot now = HostSnapshot::take();
    // The kernel frees the keyring of a process a moment after its end.
    now.keyrings.clear();
    return before_.changes_until(now);
}

std::string Victim::left_after_delete() {
    Process remove(container_.words({"delete", "--force", container_.id()}));
    // A process of exec is our child, and init ends only when it has been reaped.
    (void)eventually(
        [&] {
            for (const pid_t child : children_of(getpid()))
                if (child != remove.pid()) waitpid(child, nullptr, WNOHANG);
            return remove.ended();
        },
        20s);
    const Outcome removed = remove.wait();
    console_.drain();
    reap_orphans();
    if (!removed.ok() || !removed.err.empty()) return "delete --force: " + removed.describe();
    return left_behind_since(before_);
}

void Victim::check_nothing(const std::string& left, const std::string& when) {
    if (left.empty()) return;
    INFO(when);
    CHECK(left == "");
    // The next round starts from a clean host, or from what cannot be removed.
    (void)left_after_delete();
    before_ = HostSnapshot::take();
}

BrokenAt::BrokenAt(int step, const std::string& action) {
    const std::string own = crux_program();
    setenv("CRUX", (own.substr(0, own.rfind('/')) + "/crux-faulty").c_str(), 1);
    setenv("CRUX_FAULT", (std::to_string(step) + ":" + action).c_str(), 1);
}

BrokenAt::~BrokenAt() {
    unsetenv("CRUX");
    unsetenv("CRUX_FAULT");
}

}  // namespace crux::test
