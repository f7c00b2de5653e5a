// Terminals: passed to a console socket, and handled by run in the foreground.

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

/// A descriptor that closes itself.
class File {
 public:
    explicit File(int number) : number_(number) { REQUIRE(number >= 0); }
    ~File() { close(); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int get() const { return number_; }
    void close() {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }

 private:
    int number_;
};

/// The message that a console socket's peer received.
struct Received {
    std::string text;
    std::size_t messages = 0;
    std::size_t length = 0;  ///< length of the control message
    int flags = 0;
    int descriptor = -1;
    bool at_end = false;  ///< no data followed
};

/// A listening console socket.
class ConsoleSocket {
 public:
    explicit ConsoleSocket(std::string path)
        : path_(std::move(path)), file_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        ::sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        REQUIRE(path_.size() < sizeof address.sun_path);
        path_.copy(address.sun_path, path_.size());
        REQUIRE(::bind(file_.get(), reinterpret_cast<::sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(file_.get(), 1) == 0);
    }
    [[nodiscard]] const std::string& path() const { return path_; }

    /// Accepts a connection that is already made and receives a message that is already sent.
    Received receive() {
        REQUIRE(::fcntl(file_.get(), F_SETFL, O_NONBLOCK) == 0);
        const File peer(::accept4(file_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        Received received;
        std::array<char, 4096> text{};
        alignas(::cmsghdr) std::array<char, 256> control{};
        ::iovec data = {text.data(), text.size()};
        ::msghdr message = {};
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t length = ::recvmsg(peer.get(), &message, MSG_CMSG_CLOEXEC);
        REQUIRE(length > 0);
        received.text.assign(text.data(), static_cast<std::size_t>(length));
        received.flags = message.msg_flags;
        for (::cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr;
             one = CMSG_NXTHDR(&message, one)) {
            ++received.messages;
            received.length = one->cmsg_len;
            CHECK(one->cmsg_level == SOL_SOCKET);
            CHECK(one->cmsg_type == SCM_RIGHTS);
            std::memcpy(&received.descriptor, CMSG_DATA(one), sizeof received.descriptor);
        }
        received.at_end = ::recv(peer.get(), text.data(), text.size(), 0) == 0;
        return received;
    }

 private:
    std::string path_;
    File file_;
};

/// Reads from a pty master until the text appears in the output.
bool reads(int master, std::string& all, const std::string& wanted) {
    return eventually(
        [&] {
            ::pollfd ready = {master, POLLIN, 0};
            while (::poll(&ready, 1, 0) == 1) {
                std::array<char, 1024> text{};
                const ssize_t length = ::read(master, text.data(), text.size());
                if (length <= 0) break;
                all.append(text.data(), static_cast<std::size_t>(length));
            }
            return all.find(wanted) != std::string::npos;
        },
        10s);
}

void type(int master, const std::string& text) {
    REQUIRE(::write(master, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

TEST_CASE("the console socket gets one message with one terminal, accepted after create") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/terminal", true)
        .set("/process/consoleSize", {{"height", 33}, {"width", 101}})
        .script(
            "tty; stty size; test -t 0 -a -t 1 -a -t 2 && echo all three; echo x >/dev/tty;"
            "ls -l /dev/console | cut -c1; read line; echo \"got $line\" >/dev/console");
    Container container(bundle);
    ConsoleSocket socket(bundle.path() + "/console.sock");
    must(container.create({"--console-socket", socket.path()}));
    const Received received = socket.receive();
    CHECK(received.text == "/dev/pts/0");
    CHECK(received.messages == 1);
    CHECK(received.length == CMSG_LEN(sizeof(int)));
    CHECK((received.flags & (MSG_CTRUNC | MSG_TRUNC)) == 0);
    CHECK(received.at_end);
    const File master(received.descriptor);
    ::winsize size = {};
    REQUIRE(::ioctl(master.get(), TIOCGWINSZ, &size) == 0);
    CHECK(size.ws_row == 33);
    CHECK(size.ws_col == 101);
    must(container.start());
    std::string said;
    CHECK(reads(master.get(), said, "/dev/pts/0\r\n33 101\r\nall three\r\nx\r\nc\r\n"));
    type(master.get(), "a word\n");
    CHECK(reads(master.get(), said, "got a word\r\n"));
    INFO(said);
    CHECK(exit_of(container.pid()) == 0);
    CHECK(container.out() == "");
    CHECK(container.err() == "");
}

TEST_CASE("with a terminal no process keeps the caller's streams after create") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/terminal", true).args({"/bin/sleep", "1000"});
    Container container(bundle);
    ConsoleSocket socket(bundle.path() + "/console.sock");
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const File read_end(ends[0]);
    File write_end(ends[1]);
    CommandOptions options;
    options.fds = {{1, write_end.get()}, {2, write_end.get()}};
    must(container.create({"--console-socket", socket.path()}, options));
    write_end.close();
    ::pollfd ready = {read_end.get(), POLLIN, 0};
    CHECK(::poll(&ready, 1, 0) == 1);
    char byte = 0;
    CHECK(::read(read_end.get(), &byte, 1) == 0);
    const File master(socket.receive().descriptor);
    must(container.start());
    CHECK(container.status() == "running");
}

TEST_CASE("the terminal belongs to the process's user") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/terminal", true)
        .set("/process/user", {{"uid", 77}, {"gid", 88}})
        .script("stat -c '%u %g %a' $(tty); stat -c %u /dev/console; echo again >$(tty)");
    Container container(bundle);
    ConsoleSocket socket(bundle.path() + "/console.sock");
    must(container.create({"--console-socket", socket.path()}));
    const File master(socket.receive().descriptor);
    must(container.start());
    std::string said;
    // The devpts of config.json sets the group and the mode.
    CHECK(reads(master.get(), said, "77 5 620\r\n77\r\nagain\r\n"));
    INFO(said);
    CHECK(exit_of(container.pid()) == 0);
}

TEST_CASE("a terminal and a console socket go together, and the refusal leaves nothing") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Container container(bundle);
    container.global_options = bare_errors();
    ConsoleSocket socket(bundle.path() + "/console.sock");
    const std::string pointless =
        "cannot use console socket if runc will not detach or allocate tty";
    refused(container.create({"--console-socket", socket.path()}),
            "runc create failed: " + pointless);
    refused(container.run({"-d", "--console-socket", socket.path()}),
            "runc run failed: " + pointless);
    bundle.set("/process/terminal", true);
    const std::string missing =
        "cannot allocate tty if runc will detach without setting console socket";
    refused(container.create(), "runc create failed: " + missing);
    refused(container.run({"-d"}), "runc run failed: " + missing);
    refused_with(container.create({"--console-socket", bundle.path() + "/nosuch.sock"}),
                 "nosuch.sock");
    CHECK(container.status() == "");
}

TEST_CASE("the console size is ignored without a terminal") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/consoleSize", {{"height", 33}, {"width", 101}}).script("tty");
    Container container(bundle);
    CHECK(container.run().out == "not a tty\n");
}

/// The caller's own terminal.
struct OwnTerminal {
    File master{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    File slave{open_slave(master.get())};

    static int open_slave(int master) {
        REQUIRE(::grantpt(master) == 0);
        REQUIRE(::unlockpt(master) == 0);
        std::array<char, 64> name{};
        REQUIRE(::ptsname_r(master, name.data(), name.size()) == 0);
        return ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    }
    void resize(unsigned short rows, unsigned short columns) const {
        const ::winsize size = {rows, columns, 0, 0};
        REQUIRE(::ioctl(master.get(), TIOCSWINSZ, &size) == 0);
    }
    [[nodiscard]] ::termios modes() const {
        ::termios modes = {};
        REQUIRE(::tcgetattr(slave.get(), &modes) == 0);
        return modes;
    }
    [[nodiscard]] CommandOptions as_streams() const {
        CommandOptions options;
        options.fds = {{0, slave.get()}, {1, slave.get()}, {2, slave.get()}};
        return options;
    }
};

TEST_CASE("a foreground run serves the terminal: sizes, raw bytes and the exit code") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/terminal", true)
        .script(
            "trap 'echo interrupt; exit 7' INT; trap 'stty size' WINCH; tty; stty size;"
            "read line; echo \"got <$line>\"; while :; do sleep 0.05; done");
    Container container(bundle);
    OwnTerminal own;
    own.resize(50, 132);
    const ::termios before = own.modes();
    const auto running = container.run_beside({}, own.as_streams());
    std::string said;
    // The size was set before the program started.
    CHECK(reads(own.master.get(), said, "/dev/pts/0\r\n50 132\r\n"));
    CHECK((own.modes().c_lflag & (ICANON | ECHO | ISIG)) == 0U);
    type(own.master.get(), "w\xc3\xb6rd\n");
    CHECK(reads(own.master.get(), said, "got <w\xc3\xb6rd>\r\n"));
    own.resize(40, 90);
    running->signal(SIGWINCH);
    CHECK(reads(own.master.get(), said, "40 90\r\n"));
    // Raw mode: the container's terminal handles the interrupt character.
    type(own.master.get(), "\x03");
    CHECK(reads(own.master.get(), said, "interrupt\r\n"));
    INFO(said);
    CHECK(running->wait().status == 7);
    const ::termios after = own.modes();
    CHECK(after.c_lflag == before.c_lflag);
    CHECK(after.c_iflag == before.c_iflag);
    CHECK(after.c_oflag == before.c_oflag);
}

TEST_CASE("a foreground run passes on all that the program wrote before it ended") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/terminal", true).script("seq 1 5000; exit 4");
    Container container(bundle);
    OwnTerminal own;
    const auto running = container.run_beside({}, own.as_streams());
    std::string said;
    CHECK(reads(own.master.get(), said, "\r\n5000\r\n"));
    CHECK(running->wait().status == 4);
    CHECK(std::count(said.begin(), said.end(), '\n') == 5000);
}

TEST_CASE("a foreground run with a terminal needs one outside") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/terminal", true).write();
    Container container(bundle);
    container.global_options = bare_errors();
    // Without a controlling terminal, whatever starts the tests.
    std::vector<std::string> words = {"/usr/bin/setsid", "--wait"};
    for (const std::string& word : container.words({"run", "-b", bundle.path(), container.id()}))
        words.push_back(word);
    refused(run(words), "runc run failed: /dev/tty: open: no such device or address");
    CHECK(container.status() == "");
}

TEST_CASE("a foreground run whose terminal hangs up ends the container") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/terminal", true).without_name_space("pid").args({"/bin/sleep", "1000"});
    Container container(bundle);
    {
        OwnTerminal own;
        const auto running = container.run_beside({}, own.as_streams());
        REQUIRE(container.reaches("running"));
        running->signal(SIGHUP);
        CHECK(running->wait().status == 128 + SIGHUP);
    }
    CHECK(container.status() == "");
}

}  // namespace
}  // namespace crux::test
