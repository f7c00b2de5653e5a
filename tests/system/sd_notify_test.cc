// NOTIFY_SOCKET: the program of a container notifies the service manager that it is ready.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstring>
#include <filesystem>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

/// The address of a path, or of an abstract name ("@NAME").
::sockaddr_un address_of(const std::string& path, ::socklen_t& length) {
    ::sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    length = static_cast<::socklen_t>(offsetof(::sockaddr_un, sun_path) + path.size());
    if (path[0] == '@') address.sun_path[0] = 0;
    return address;
}

/// A service manager: the messages that it receives, and the descriptor of the last one.
class Manager {
 public:
    explicit Manager(std::string path) : path_(std::move(path)) {
        fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        ::socklen_t length = 0;
        const ::sockaddr_un address = address_of(path_, length);
        REQUIRE(::bind(fd_, reinterpret_cast<const ::sockaddr*>(&address), length) == 0);
    }
    ~Manager() {
        acknowledge();
        ::close(fd_);
        if (path_[0] != '@') ::unlink(path_.c_str());
    }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    [[nodiscard]] CommandOptions options() const {
        CommandOptions options;
        options.env["NOTIFY_SOCKET"] = path_;
        return options;
    }

    /// The next message, within ten seconds; "" if there is none.
    std::string next(int timeout_ms = 10'000) {
        ::pollfd entry = {fd_, POLLIN, 0};
        if (::poll(&entry, 1, timeout_ms) <= 0) return "";
        char text[256];
        alignas(::cmsghdr) char control[CMSG_SPACE(sizeof(int))];
        ::iovec data = {text, sizeof text};
        ::msghdr message = {};
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        const ssize_t length = ::recvmsg(fd_, &message, MSG_CMSG_CLOEXEC);
        if (const ::cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr)
            std::memcpy(&barrier_, CMSG_DATA(header), sizeof barrier_);
        return {text, static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
    }
    [[nodiscard]] bool has_barrier() const { return barrier_ >= 0; }
    /// Closes the barrier's descriptor, like a manager that has read all messages.
    void acknowledge() {
        if (barrier_ >= 0) ::close(barrier_);
        barrier_ = -1;
    }

 private:
    std::string path_;
    int fd_;
    int barrier_ = -1;
};

/// Sends a message to the container's socket, at the program's path for it.
void say(int pid, const std::string& text) {
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ::socklen_t length = 0;
    const ::sockaddr_un address =
        address_of("/proc/" + std::to_string(pid) + "/root/run/notify/notify.sock", length);
    const ssize_t sent = ::sendto(fd, text.data(), text.size(), 0,
                                  reinterpret_cast<const ::sockaddr*>(&address), sizeof address);
    ::close(fd);
    REQUIRE(sent == static_cast<ssize_t>(text.size()));
}

void is_told(Manager& manager, const std::string& ready, int pid) {
    CHECK(manager.next() == ready + "\n");
    CHECK(manager.next() == "MAINPID=" + std::to_string(pid) + "\n");
    CHECK(manager.next() == "BARRIER=1");
    CHECK(manager.has_barrier());
}

const char* const kScript =
    "echo \"$NOTIFY_SOCKET\"; grep /run/notify /proc/self/mountinfo; "
    "exec sleep 1000";

TEST_CASE("start waits until the program is ready, and notifies the service manager") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script(kScript);
    Container container(bundle);
    Manager manager(bundle.path() + "/manager.sock");
    must(container.create({}, manager.options()));
    Process start(container.words({"start", container.id()}), manager.options());
    REQUIRE(container.reaches("running"));
    say(container.pid(), "STATUS=about to\n");
    CHECK(manager.next(100) == "");
    CHECK_FALSE(start.ended());

    say(container.pid(), "STATUS=done\nREADY=1\n");
    is_told(manager, "READY=1", container.pid());
    CHECK_FALSE(start.ended());
    manager.acknowledge();
    must(start.wait());
    REQUIRE(eventually([&] { return lines_of(container.out()).size() == 2; }));
    CHECK(lines_of(container.out())[0] == "/run/notify/notify.sock");
    CHECK_THAT(lines_of(container.out())[1],
               Catch::Contains(" /run/notify ro,nosuid,nodev,noexec"));
}

TEST_CASE("a service manager may have an abstract address") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"});
    Container container(bundle);
    Manager manager("@crux-test-" + container.id());
    bundle.write();
    Process run(container.words({"run", "--detach", "--bundle", bundle.path(), container.id()}),
                manager.options());
    REQUIRE(container.reaches("running"));
    say(container.pid(), "READY=1");
    is_told(manager, "READY=1", container.pid());
    manager.acknowledge();
    must(run.wait());
    CHECK(container.status() == "running");
}

TEST_CASE("in the foreground run is the main process for the service manager") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script("trap 'exit 7' TERM; echo ready; while :; do sleep 1000 & wait $!; done");
    Container container(bundle);
    Manager manager(bundle.path() + "/manager.sock");
    const auto running = container.run_beside({}, manager.options());
    // Streams and signals continue to work meanwhile.
    REQUIRE(eventually([&] { return running->out() == "ready\n"; }));
    say(container.state()["pid"], "READY=1\n");
    is_told(manager, "READY=1", running->pid());
    running->signal(SIGTERM);
    CHECK(running->wait().status == 7);
    CHECK(container.status() == "");
}

TEST_CASE("start ends with a program that never says that it is ready") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/sleep", "0.2"});
    Container container(bundle);
    Manager manager(bundle.path() + "/manager.sock");
    must(container.create({}, manager.options()));
    must(container.start(manager.options()));
    CHECK(manager.next(0) == "");
}

TEST_CASE("a missing service manager fails start before the program runs") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"});
    Container container(bundle);
    container.global_options = bare_errors();
    CommandOptions options;
    options.env["NOTIFY_SOCKET"] = bundle.path() + "/nosuch";
    must(container.create({}, options));
    refused_with(container.start(options), "no such file or directory");
    CHECK(container.status() == "created");
    // Without NOTIFY_SOCKET no manager is needed.
    must(container.start());
    CHECK(container.status() == "running");
}

TEST_CASE("without a service manager a container has no socket for one") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script("echo \"${NOTIFY_SOCKET-none}\"; ls /run/notify");
    Container container(bundle);
    const Outcome outcome = container.run();
    CHECK(outcome.out == "none\n");
    CHECK_THAT(outcome.err, Catch::Contains("No such file"));
}

}  // namespace
}  // namespace crux::test
