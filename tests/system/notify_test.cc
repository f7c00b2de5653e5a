// SCMP_ACT_NOTIFY: an agent outside of the container handles system calls.

#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/runs.h"

namespace crux::test {
namespace {

using nlohmann::json;

/// Like Unchanged, but ignores the cache of filters, which is kept on purpose.
class Host {
 public:
    Host() = default;
    ~Host() {
        Bundle bundle;
        const Container container(bundle);
        std::filesystem::remove_all(container.root() + "/seccomp:cache");
    }
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

 private:
    Unchanged before_;
};

/// A listening socket at a path, until the object is destroyed.
class Socket {
 public:
    explicit Socket(std::string path) : path_(std::move(path)) {
        fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(path_.size() < sizeof address.sun_path);
        std::memcpy(address.sun_path, path_.c_str(), path_.size());
        REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(listen(fd_, 4) == 0);
    }
    ~Socket() {
        close(fd_);
        unlink(path_.c_str());
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] const std::string& path() const { return path_; }

 private:
    std::string path_;
    int fd_;
};

/// The data that an agent received: the state document, and the listener.
struct Greeting {
    std::string text;
    int listener = -1;
};

/// Reads one connection to its end, within ten seconds.
Greeting take_greeting(int socket) {
    Greeting greeting;
    pollfd wait{socket, POLLIN, 0};
    if (poll(&wait, 1, 10'000) != 1) return greeting;
    const int connection = accept4(socket, nullptr, nullptr, SOCK_CLOEXEC);
    for (;;) {
        char bytes[4096];
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
        iovec part{bytes, sizeof bytes};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        const ssize_t length = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
        if (length <= 0) break;
        greeting.text.append(bytes, static_cast<std::size_t>(length));
        const cmsghdr* header = CMSG_FIRSTHDR(&message);
        if (header != nullptr) std::memcpy(&greeting.listener, CMSG_DATA(header), sizeof(int));
    }
    close(connection);
    return greeting;
}

/// Answers calls with this errno until no process can make one any more.
void answer_all(int listener, int error) {
    for (;;) {
        pollfd wait{listener, POLLIN, 0};
        if (poll(&wait, 1, 10'000) != 1 || (wait.revents & POLLIN) == 0) return;
        seccomp_notif call{};
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) continue;
        seccomp_notif_resp answer{};
        answer.id = call.id;
        answer.error = -error;
        (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
}

/// A process that plays the agent; killed and reaped at the end.
class Agent {
 public:
    explicit Agent(const std::function<void()>& play) : pid_(fork()) {
        if (pid_ != 0) return;
        play();
        _exit(0);
    }
    ~Agent() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

 private:
    pid_t pid_;
};

json profile(const std::string& path, const json& names) {
    return {{"defaultAction", "SCMP_ACT_ALLOW"},
            {"listenerPath", path},
            {"listenerMetadata", "some metadata"},
            {"syscalls", {{{"names", names}, {"action", "SCMP_ACT_NOTIFY"}}}}};
}

TEST_CASE("an agent gets the state and the listener, and answers for the program's calls") {
    need_root();
    const Host host;
    Bundle bundle;
    const Socket socket(bundle.path() + "/agent");
    const std::string seen = bundle.path() + "/seen";
    bundle.set("/linux/seccomp", profile(socket.path(), {"mkdir", "mkdirat"}))
        .set("/annotations", {{"com.example.key", "value"}})
        .script("mkdir /tmp/x 2>&1");
    for (const bool no_new_privileges : {true, false}) {
        INFO(no_new_privileges);
        bundle.set("/process/noNewPrivileges", no_new_privileges);
        const Agent agent([&] {
            const Greeting greeting = take_greeting(socket.fd());
            write_file(seen, greeting.text);
            answer_all(greeting.listener, EDOM);
        });
        Container container(bundle);
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK_THAT(outcome.out, Catch::Contains("Numerical argument out of domain"));
        const json document = json::parse(read_file(seen));
        CHECK(document.at("ociVersion") == "1.3.0");
        CHECK(document.at("fds") == json({"seccompFd"}));
        CHECK(document.at("pid").get<int>() > 1);
        CHECK(document.at("metadata") == "some metadata");
        CHECK(document.at("state").at("id") == container.id());
        CHECK(document.at("state").at("status") == "creating");
        CHECK(document.at("state").at("pid") == document.at("pid"));
        CHECK(document.at("state").at("bundle") == bundle.path());
        CHECK(document.at("state").at("annotations").at("com.example.key") == "value");
    }
}

TEST_CASE("the calls of a program whose agent died fail with ENOSYS") {
    need_root();
    const Host host;
    Bundle bundle;
    const Socket socket(bundle.path() + "/agent");
    bundle.set("/linux/seccomp", profile(socket.path(), {"mkdir", "mkdirat"}))
        .script("sleep 0.3; mkdir /tmp/x 2>&1");
    const Agent agent([&] { (void)take_greeting(socket.fd()); });
    Container container(bundle);
    const Outcome outcome = container.run();
    INFO(outcome.describe());
    CHECK_THAT(outcome.out, Catch::Contains("Function not implemented"));
}

TEST_CASE("without an agent create fails and leaves nothing") {
    need_root();
    const Host host;
    Bundle bundle;
    bundle.set("/linux/seccomp", profile(bundle.path() + "/nobody", {"mkdir"}));
    create_refused(bundle, "failed to connect with seccomp agent at " + bundle.path() +
                               "/nobody: connect: no such file or directory");
    create_refused(bundle, "(config.json: /linux/seccomp/listenerPath)");
}

TEST_CASE("a profile with a listener that kills init is an error, with the call if it is certain") {
    need_root();
    const Host host;
    Bundle bundle;
    const Socket socket(bundle.path() + "/agent");
    json killing = profile(socket.path(), {"mkdir"});
    killing["syscalls"].push_back({{"names", {"read"}}, {"action", "SCMP_ACT_KILL_PROCESS"}});
    for (const char* call : {"write", "read", "close", "rt_sigprocmask", "signalfd4", "ppoll"}) {
        INFO(call);
        killing["syscalls"][1]["names"] = {call};
        bundle.set("/linux/seccomp", killing);
        create_refused(bundle, std::string("the seccomp profile kills the process at ") + call +
                                   ", before its program is executed (config.json: "
                                   "/linux/seccomp)");
    }
    // A condition that is always true, but not known to be: the size of the mask.
    killing["syscalls"][1]["names"] = {"rt_sigprocmask"};
    killing["syscalls"][1]["args"] =
        json::array({{{"index", 3}, {"value", 8}, {"op", "SCMP_CMP_EQ"}}});
    bundle.set("/linux/seccomp", killing);
    const Agent agent([&] { (void)take_greeting(socket.fd()); });
    create_refused(bundle,
                   "the seccomp profile denies a system call: container init was killed by signal "
                   "31 (bad system call) before the container was created (config.json: "
                   "/linux/seccomp)");
}

TEST_CASE("a process of exec has a listener of its own") {
    need_root();
    const Host host;
    Bundle bundle;
    const Socket socket(bundle.path() + "/agent");
    const std::string seen = bundle.path() + "/seen";
    bundle.set("/linux/seccomp", profile(socket.path(), {"mkdir", "mkdirat"}))
        .args({"/bin/sleep", "30"});
    const Agent agent([&] {
        (void)take_greeting(socket.fd());
        const Greeting second = take_greeting(socket.fd());
        write_file(seen, second.text);
        answer_all(second.listener, EDOM);
    });
    Container container(bundle);
    must(container.create());
    must(container.start());
    const Outcome outcome = container.crux({"exec", container.id(), "/bin/mkdir", "/tmp/x"});
    CHECK_THAT(outcome.err, Catch::Contains("Numerical argument out of domain"));
    const json document = json::parse(read_file(seen));
    CHECK(document.at("state").at("status") == "running");
    CHECK(document.at("state").at("pid") == container.pid());
    CHECK(document.at("pid") != container.pid());
}

}  // namespace
}  // namespace crux::test
