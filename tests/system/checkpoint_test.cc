// checkpoint and restore. Tests that need CRIU are skipped if `criu check` reports that it does not
// work with this kernel.

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/criu.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;

/// A bundle whose program counts in a file of the host, and the directory of the images.
class Counting {
 public:
    explicit Counting(const std::string& more = "") {
        fs::create_directory(bundle_.path() + "/data");
        bundle_.mount("/data", "bind", bundle_.path() + "/data", {"bind", "rw"});
        bundle_.script("exec </dev/null >/data/log 2>&1; " + more +
                       "i=0; while :; do i=$((i+1)); echo $i >/data/new; mv /data/new /data/count; "
                       "sleep 0.02; done");
    }
    Bundle& bundle() { return bundle_; }
    [[nodiscard]] const Bundle& bundle() const { return bundle_; }
    [[nodiscard]] std::string path(const std::string& name) const {
        return bundle_.path() + "/" + name;
    }
    [[nodiscard]] int count() const {
        std::error_code error;
        if (!fs::exists(path("data/count"), error)) return 0;
        return std::stoi("0" + read_file(path("data/count")));
    }
    [[nodiscard]] bool counts_beyond(int number) const {
        return eventually([&] { return count() > number; }, 10s);
    }

 private:
    Bundle bundle_;
};

Outcome checkpoint(const Container& container, const Counting& counting,
                   std::vector<std::string> options = {}) {
    std::vector<std::string> words = {"checkpoint", "--image-path", counting.path("images"),
                                      "--work-path", counting.path("work")};
    words.insert(words.end(), options.begin(), options.end());
    words.push_back(container.id());
    return container.crux(words, {.timeout = 60s});
}

std::vector<std::string> restore_words(const Container& container, const Counting& counting,
                                       const std::vector<std::string>& options) {
    std::vector<std::string> words = {"restore",
                                      "--image-path",
                                      counting.path("images"),
                                      "--work-path",
                                      counting.path("work"),
                                      "--bundle",
                                      counting.bundle().path()};
    words.insert(words.end(), options.begin(), options.end());
    words.push_back(container.id());
    return words;
}

Outcome restore(const Container& container, const Counting& counting,
                std::vector<std::string> options = {}) {
    options.emplace_back("--detach");
    return container.crux(restore_words(container, counting, options), {.timeout = 60s});
}

/// Waits until the container runs and has counted.
void begin(Container& container, const Counting& counting) {
    must(container.create());
    must(container.start());
    REQUIRE(counting.counts_beyond(2));
}

TEST_CASE("a container continues after checkpoint and restore") {
    need_criu();
    const Unchanged host;
    Counting counting;
    counting.bundle().set("/linux/resources/pids/limit", 20);
    Container container(counting.bundle());
    begin(container, counting);
    must(checkpoint(container, counting));
    CHECK(container.status() == "");
    CHECK_FALSE(fs::exists(container.state_folder()));
    CHECK(fs::exists(counting.path("work/dump.log")));
    const auto descriptors =
        nlohmann::json::parse(read_file(counting.path("images/descriptors.json")));
    CHECK(descriptors.size() == 3);

    const int before = counting.count();
    must(restore(container, counting, {"--pid-file", counting.path("restored")}));
    CHECK(container.status() == "running");
    REQUIRE(counting.counts_beyond(before + 2));
    CHECK(counting.count() < before + 1000);
    const int pid = container.state()["pid"];
    CHECK(read_file(counting.path("restored")) == std::to_string(pid));
    CHECK_FALSE(fs::exists(container.state_folder() + "/criu-root"));

    // It is a container like any other.
    CHECK(container.crux({"exec", container.id(), "/bin/cat", "/data/count"}).ok());
    const auto pids =
        nlohmann::json::parse(container.crux({"ps", "-f", "json", container.id()}).out);
    CHECK(std::find(pids.begin(), pids.end(), pid) != pids.end());
    must(container.pause());
    must(container.resume());
    must(container.kill());
    REQUIRE(container.reaches("stopped"));
    must(container.remove());
}

TEST_CASE("checkpoint --leave-running leaves the container running") {
    need_criu();
    const Unchanged host;
    Counting counting;
    Container container(counting.bundle());
    begin(container, counting);
    const int pid = container.pid();
    // Callers pass this flag twice.
    must(checkpoint(container, counting, {"--leave-running", "--leave-running"}));
    CHECK(container.state()["pid"] == pid);
    REQUIRE(counting.counts_beyond(counting.count() + 2));
    must(container.remove({"--force"}));
    const int before = counting.count();
    must(restore(container, counting));
    // It continues from the images, not from the state of the container that kept running.
    REQUIRE(eventually([&] { return counting.count() != before; }));
    CHECK(container.status() == "running");
}

TEST_CASE("a paused container can be saved") {
    need_criu();
    const Unchanged host;
    Counting counting;
    Container container(counting.bundle());
    begin(container, counting);
    must(container.pause());
    must(checkpoint(container, counting));
    const int before = counting.count();
    must(restore(container, counting));
    REQUIRE(container.reaches("running"));
    CHECK(counting.counts_beyond(before));
}

TEST_CASE("a pre-dump is the parent of the images that follow") {
    need_criu_feature("mem_dirty_track");
    const Unchanged host;
    Counting counting;
    Container container(counting.bundle());
    begin(container, counting);
    const Outcome before = container.crux(
        {"checkpoint", "--pre-dump", "--image-path", counting.path("parent"), container.id()},
        {.timeout = 60s});
    must(before);
    CHECK(container.status() == "running");
    must(checkpoint(container, counting, {"--parent-path", "../parent"}));
    CHECK(fs::read_symlink(counting.path("images/parent")) == "../parent");
    const int count = counting.count();
    must(restore(container, counting));
    CHECK(counting.counts_beyond(count));
}

/// A program that sends itself lines over loopback; the host sees those that arrived.
class Connected : public Counting {
 public:
    Connected()
        : Counting(
              "sleep 1000 | nc -l -p 5000 >/data/received & sleep 0.5; "
              "(i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done) | nc 127.0.0.1 5000 & ") {}

    std::vector<std::string> received() const { return lines_of(read_file(path("data/received"))); }
};

TEST_CASE("an established TCP connection is refused without its flag, in criu's words") {
    need_criu();
    const Unchanged host;
    Connected connected;
    Container container(connected.bundle());
    container.global_options = bare_errors();
    begin(container, connected);
    REQUIRE(eventually([&] { return connected.received().size() > 2; }));
    const Outcome refusal = checkpoint(container, connected);
    CHECK(refusal.status == 1);
    CHECK_THAT(refusal.err, Catch::StartsWith("criu failed: type DUMP errno "));
    CHECK_THAT(refusal.err, Catch::Contains("Error"));
    CHECK_THAT(refusal.err, Catch::Contains("consider using --tcp-established"));
    CHECK_THAT(refusal.err, Catch::EndsWith("(dump.log)\n"));
    CHECK(container.status() == "running");
}

TEST_CASE("a TCP connection over loopback is saved with its container") {
    need_criu();
    const Unchanged host;
    Connected connected;
    Container container(connected.bundle());
    container.global_options = bare_errors();
    begin(container, connected);
    REQUIRE(eventually([&] { return connected.received().size() > 2; }));
    const Outcome saved = checkpoint(container, connected, {"--tcp-established"});
    // criu 4.1 reads the option of every socket, and newer kernels have it for Unix sockets alone.
    if (saved.err.find("Can't get 1:16 opt: Operation not supported") != std::string::npos)
        skip("criu saves no TCP socket of this kernel, which has no SO_PASSCRED for it");
    must(saved);
    const auto before = connected.received().size();
    must(restore(container, connected, {"--tcp-established"}));
    CHECK(eventually([&] { return connected.received().size() > before + 2; }, 10s));
    // Nothing is lost or sent twice.
    const auto lines = connected.received();
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) CHECK(lines[i] == std::to_string(i + 1));
}

TEST_CASE("restore in the foreground serves the program's streams and ends with it") {
    need_criu();
    const Unchanged host;
    Counting counting;
    counting.bundle().script(
        "trap 'exit 7' TERM; i=0; while :; do i=$((i+1)); echo $i; echo $i >/data/new; "
        "mv /data/new /data/count; sleep 0.02; done");
    Container container(counting.bundle());
    int pipe[2];
    REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
    CommandOptions options;
    options.fds = {{1, pipe[1]}, {2, pipe[1]}};
    must(container.create({}, options));
    must(container.start());
    REQUIRE(counting.counts_beyond(2));
    must(checkpoint(container, counting));
    ::close(pipe[0]);
    ::close(pipe[1]);

    int fresh[2];
    REQUIRE(::pipe2(fresh, O_CLOEXEC) == 0);
    options.fds = {{1, fresh[1]}, {2, fresh[1]}};
    const int before = counting.count();
    Process running(container.words(restore_words(container, counting, {})), options);
    ::close(fresh[1]);
    REQUIRE(counting.counts_beyond(before));
    char text[64] = {};
    CHECK(::read(fresh[0], text, sizeof text - 1) > 0);
    CHECK(std::stoi(text) > 2);
    running.signal(SIGTERM);
    const Outcome outcome = running.wait();
    INFO(outcome.describe());
    CHECK(outcome.status == 7);
    CHECK(container.status() == "");
    ::close(fresh[0]);
}

TEST_CASE("a network namespace that was joined is kept, and joined again") {
    need_criu();
    const Unchanged host;
    Bundle other;
    other.args({"/bin/sleep", "1000"});
    Container holder(other);
    must(holder.create());
    must(holder.start());
    const std::string path = "/proc/" + std::to_string(holder.pid()) + "/ns/net";
    Counting counting;
    counting.bundle().name_space("network", path);
    Container container(counting.bundle());
    begin(container, counting);
    must(checkpoint(container, counting));
    const int before = counting.count();
    must(restore(container, counting));
    REQUIRE(counting.counts_beyond(before));
    const int pid = container.state()["pid"];
    CHECK(link_of("/proc/" + std::to_string(pid) + "/ns/net") == link_of(path));
}

TEST_CASE("hooks of the host run when the namespaces of a restored container are there") {
    need_criu();
    const Unchanged host;
    Counting counting;
    const std::string state = counting.path("state");
    counting.bundle().set("/hooks/createRuntime/0",
                          {{"path", "/bin/sh"}, {"args", {"sh", "-c", "cat >" + state}}});
    Container container(counting.bundle());
    begin(container, counting);
    must(checkpoint(container, counting));
    fs::remove(state);
    must(restore(container, counting));
    const auto document = nlohmann::json::parse(read_file(state));
    CHECK(document["id"] == container.id());
    CHECK(document["pid"] == container.state()["pid"]);
}

TEST_CASE("missing mount points in a new root are made before a restore") {
    need_criu();
    const Unchanged host;
    Counting counting;
    Container container(counting.bundle());
    begin(container, counting);
    must(checkpoint(container, counting));
    const std::string rootfs = counting.bundle().rootfs();
    for (const char* folder : {"/data", "/dev", "/proc", "/sys"}) fs::remove_all(rootfs + folder);
    const int before = counting.count();
    must(restore(container, counting));
    CHECK(counting.counts_beyond(before));
}

TEST_CASE("a restore that fails reports the end of criu's log and leaves nothing") {
    need_criu();
    const Unchanged host;
    Counting counting;
    Container container(counting.bundle());
    container.global_options = bare_errors();
    begin(container, counting);
    must(checkpoint(container, counting));
    fs::remove(counting.path("images/core-1.img"));
    const Outcome outcome = restore(container, counting, {"--pid-file", counting.path("pid2")});
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, Catch::StartsWith("criu failed: type RESTORE errno "));
    CHECK_THAT(outcome.err, Catch::Contains(" Error "));
    CHECK_THAT(outcome.err, Catch::EndsWith("(restore.log)\n"));
    CHECK_FALSE(fs::exists(container.state_folder()));
    CHECK_FALSE(fs::exists(counting.path("pid2")));
    fs::remove_all(counting.path("images"));
    refused_with(restore(container, counting), "no such file or directory");
    CHECK_FALSE(fs::exists(container.state_folder()));
}

TEST_CASE("mounts without a mount namespace are not restored") {
    need_root();
    if (!run({"criu", "--version"}).ok()) skip("criu is not installed");
    const Unchanged host;
    Counting counting;
    counting.bundle()
        .without_name_space("mount")
        .remove("/linux/maskedPaths")
        .remove("/linux/readonlyPaths")
        .write();
    Container container(counting.bundle());
    container.global_options = bare_errors();
    refused_with(restore(container, counting),
                 "the mounts of a container without a mount namespace cannot be restored");
    CHECK_FALSE(fs::exists(container.state_folder()));
}

TEST_CASE("without criu, checkpoint and restore fail with runc's message") {
    need_root();
    const Unchanged host;
    Counting counting;
    Container container(counting.bundle());
    container.global_options = bare_errors();
    begin(container, counting);
    CommandOptions options;
    options.env["PATH"] = "/nosuch";
    const std::string sentence =
        "CRIU version check failed: exec: \"criu\": executable file not found in $PATH";
    refused(container.crux({"checkpoint", "--image-path", counting.path("images"), container.id()},
                           options),
            sentence);
    CHECK(container.status() == "running");
    must(container.remove({"--force"}));
    refused(container.crux(restore_words(container, counting, {}), options), sentence);
    CHECK_FALSE(fs::exists(container.state_folder()));
}

TEST_CASE("a container that cannot be saved is refused, and wrong flags of checkpoint are errors") {
    need_root();
    const Unchanged host;
    Counting counting;
    Container container(counting.bundle());
    container.global_options = bare_errors();
    refused(checkpoint(container, counting), "container does not exist");
    must(container.create());
    refused(checkpoint(container, counting), "Container cannot be checkpointed in created state");
    const struct {
        std::vector<std::string> flags;
        std::string sentence;
    } wrong[] = {
        {{"--parent-path", "/absolute"}, "--parent-path must be relative"},
        {{"--page-server", "nowhere"}, "Use --page-server ADDRESS:PORT to specify page server"},
        {{"--page-server", ":1"}, "Use --page-server ADDRESS:PORT to specify page server"},
        {{"--page-server", "1:2:3"}, "Use --page-server ADDRESS:PORT to specify page server"},
        {{"--page-server", "[::1]:many"}, "Invalid port number"},
        {{"--manage-cgroups-mode", "hard"}, "invalid manage-cgroups-mode value"},
        {{"--empty-ns", "ipc"}, "namespace \"ipc\" is not supported"},
    };
    for (const auto& one : wrong) {
        INFO(one.flags[0] << ' ' << one.flags[1]);
        refused(checkpoint(container, counting, one.flags), one.sentence);
    }
    must(container.kill());
    REQUIRE(container.reaches("stopped"));
    refused(checkpoint(container, counting), "Container cannot be checkpointed in stopped state");
}

/// A directory for PATH with a criu that records its requests and reports success.
std::string recording_criu(const Counting& counting) {
    const std::string folder = counting.path("bin");
    fs::create_directory(folder);
    write_file(folder + "/criu",
               "#!/bin/sh\n"
               "dd bs=65536 count=1 of=" +
                   folder +
                   "/request <&3 2>/dev/null\n"
                   "type=$(od -An -tu1 -j1 -N1 " +
                   folder +
                   "/request)\n"
                   "case $type in\n"
                   "*10) printf '\\010\\012\\020\\001\\122\\004\\010\\003\\020\\021' >&3 ;;\n"
                   "*9) printf '\\010\\011\\020\\001\\102\\004\\010\\001\\020\\001' >&3 ;;\n"
                   "*) cp " +
                   folder + "/request " + folder +
                   "/dump\n"
                   "   printf '\\010\\006\\020\\001\\052\\016\\012\\014status-ready' >&3\n"
                   "   dd bs=65536 count=1 of=" +
                   folder +
                   "/answer <&3 2>/dev/null\n"
                   "   printf '\\010\\001\\020\\001' >&3 ;;\n"
                   "esac\n",
               0755);
    return folder + ":" + std::getenv("PATH");
}

std::uint64_t take_varint(std::string_view& bytes) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; !bytes.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        value |= std::uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80) break;
    }
    return value;
}

/// The fields of a message: numbers in decimal, strings unchanged.
std::map<std::uint64_t, std::vector<std::string>> fields_of(std::string_view bytes) {
    std::map<std::uint64_t, std::vector<std::string>> fields;
    while (!bytes.empty()) {
        const std::uint64_t key = take_varint(bytes);
        const std::uint64_t value = take_varint(bytes);
        if ((key & 7U) == 0) {
            fields[key >> 3U].push_back(std::to_string(value));
        } else {
            fields[key >> 3U].emplace_back(bytes.substr(0, value));
            bytes.remove_prefix(std::min<std::size_t>(value, bytes.size()));
        }
    }
    return fields;
}

TEST_CASE("each flag of checkpoint reaches criu") {
    need_root();
    const Unchanged host;
    Counting counting;
    Container container(counting.bundle());
    begin(container, counting);
    CommandOptions options;
    options.env["PATH"] = recording_criu(counting);
    int pipe[2];
    REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
    options.fds = {{9, pipe[1]}};
    fs::create_directories(counting.path("parent"));
    must(container.crux({"checkpoint",
                         "--image-path",
                         counting.path("images"),
                         "--work-path",
                         counting.path("work"),
                         "--parent-path",
                         "../parent",
                         "--leave-running",
                         "--tcp-established",
                         "--tcp-skip-in-flight",
                         "--link-remap",
                         "--ext-unix-sk",
                         "--shell-job",
                         "--lazy-pages",
                         "--status-fd",
                         "9",
                         "--page-server",
                         "[::1]:27",
                         "--file-locks",
                         "--manage-cgroups-mode",
                         "strict",
                         "--empty-ns",
                         "network",
                         "--auto-dedup",
                         container.id()},
                        options));
    ::close(pipe[1]);
    char byte = 1;
    CHECK(::read(pipe[0], &byte, 1) == 1);
    CHECK(byte == 0);
    ::close(pipe[0]);

    auto request = fields_of(read_file(counting.path("bin/dump")));
    CHECK(request[1] == std::vector<std::string>{"1"});
    REQUIRE(request[2].size() == 1);
    auto opts = fields_of(request[2][0]);
    // The numbers of criu's rpc.proto.
    for (const int flag : {3, 4, 5, 7, 8, 12, 15, 16, 18, 24, 46, 48, 50}) {
        INFO(flag);
        CHECK(opts[static_cast<std::uint64_t>(flag)] == std::vector<std::string>{"1"});
    }
    CHECK(opts[2] == std::vector<std::string>{std::to_string(container.pid())});
    CHECK(opts[10] == std::vector<std::string>{"dump.log"});
    CHECK(opts[14] == std::vector<std::string>{"../parent"});
    CHECK(opts[34] == std::vector<std::string>{"5"});
    CHECK(opts[38] == std::vector<std::string>{std::to_string(CLONE_NEWNET)});
    CHECK(opts[51] == std::vector<std::string>{"/etc/criu/runc.conf"});
    REQUIRE(opts[11].size() == 1);
    auto server = fields_of(opts[11][0]);
    CHECK(server[1] == std::vector<std::string>{"::1"});
    CHECK(server[2] == std::vector<std::string>{"27"});
    bool left_out = false;
    for (const std::string& mount : opts[23]) {
        auto pair = fields_of(mount);
        left_out |= pair[1] == std::vector<std::string>{"/data"};
        CHECK(pair[2][0].find_first_of("/[]:") == std::string::npos);
    }
    CHECK(left_out);
    CHECK(fields_of(read_file(counting.path("bin/answer")))[3] == std::vector<std::string>{"1"});
    CHECK(container.status() == "running");
}

TEST_CASE("no link of an image makes a mount pass for another one when it is saved") {
    need_root();
    const Unchanged host;
    Counting counting;
    Bundle& bundle = counting.bundle();
    for (const char* name : {"secret", "open"}) fs::create_directory(counting.path(name));
    fs::create_directory_symlink("/secret", bundle.rootfs() + "/link");
    bundle.mount("/secret", "bind", counting.path("secret"), {"bind", "ro"});
    bundle.mount("/link", "bind", counting.path("open"), {"bind", "rw"});
    Container container(bundle);
    container.global_options = bare_errors();
    begin(container, counting);
    CommandOptions options;
    options.env["PATH"] = recording_criu(counting);
    refused_with(
        container.crux({"checkpoint", "--image-path", counting.path("images"), container.id()},
                       options),
        "mount /secret: what is there is not " + counting.path("secret"));
    CHECK_FALSE(fs::exists(counting.path("bin/dump")));
    CHECK(container.status() == "running");
}

TEST_CASE("flags that callers send to restore are taken") {
    need_root();
    const Unchanged host;
    Counting counting;
    Container container(counting.bundle());
    container.global_options = bare_errors();
    counting.bundle().write();
    CommandOptions options;
    options.env["PATH"] = "/nosuch";
    const std::vector<std::string> flags = {
        "--no-new-keyring",  "--parent-path", "../parent",    "--page-server",         "::1:27",
        "--tcp-close",       "--lsm-profile", "apparmor:one", "--lsm-mount-context",   "context",
        "--tcp-established", "--ext-unix-sk", "--shell-job",  "--file-locks",          "--empty-ns",
        "network",           "--auto-dedup",  "--lazy-pages", "--manage-cgroups-mode", "full",
        "--detach",          "-no-subreaper", "--no-pivot",   "--preserve-fds",        "0"};
    refused(container.crux(restore_words(container, counting, flags), options),
            "CRIU version check failed: exec: \"criu\": executable file not found in $PATH");
}

/// Accepts one connection and receives the descriptor of its message, within ten seconds.
int take_descriptor(int listener, std::string& text) {
    ::pollfd entry = {listener, POLLIN, 0};
    REQUIRE(::poll(&entry, 1, 10'000) == 1);
    const int peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    char bytes[64];
    alignas(::cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    ::iovec data = {bytes, sizeof bytes};
    ::msghdr message = {};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t length = ::recvmsg(peer, &message, MSG_CMSG_CLOEXEC);
    ::close(peer);
    text.assign(bytes, static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    REQUIRE(CMSG_FIRSTHDR(&message) != nullptr);
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof descriptor);
    return descriptor;
}

TEST_CASE("a terminal is handed to the console socket of restore") {
    need_criu();
    const Unchanged host;
    Counting counting;
    counting.bundle().set("/process/terminal", true);
    counting.bundle().script(
        "i=0; while :; do i=$((i+1)); echo $i; echo $i >/data/new; mv /data/new /data/count; "
        "sleep 0.02; done");
    Container container(counting.bundle());
    const std::string path = counting.path("console.sock");
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener, reinterpret_cast<::sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    std::string text;
    must(container.create({"--console-socket", path}));
    const int first = take_descriptor(listener, text);
    must(container.start());
    REQUIRE(counting.counts_beyond(2));
    must(checkpoint(container, counting));
    ::close(first);

    const int before = counting.count();
    must(restore(container, counting, {"--console-socket", path}));
    const int second = take_descriptor(listener, text);
    CHECK(::isatty(second) == 1);
    REQUIRE(counting.counts_beyond(before));
    char said[64] = {};
    CHECK(::read(second, said, sizeof said - 1) > 0);
    ::close(second);
    ::close(listener);
}

TEST_CASE("checkpoint and restore answer the probes of podman and CRI-O") {
    Bundle bundle;
    const Container container(bundle);
    CHECK(container.crux({"checkpoint", "--help"}).status == 0);
    const Outcome probe = container.crux({"restore", "--lsm-mount-context"});
    CHECK(probe.status == 1);
    CHECK_THAT(probe.out + probe.err, Catch::Contains("flag needs an argument"));
}

}  // namespace
}  // namespace crux::test
