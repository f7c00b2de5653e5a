// The caller's standard streams. The numbers are those of the attacks in docs/security.md.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"
#include "tests/support/terminal.h"

namespace crux::test {
namespace {

/// A file of the caller, given as standard input, output and error.
struct Given {
    std::string kind;
    int file = -1;
    int other = -1;  ///< keeps the file usable

    explicit Given(std::string name) : kind(std::move(name)) {}
    Given(const Given&) = delete;
    Given& operator=(const Given&) = delete;
    ~Given() {
        for (const int number : {file, other})
            if (number >= 0) close(number);
    }
    [[nodiscard]] CommandOptions options() const {
        CommandOptions options;
        options.fds = {{0, file}, {1, file}, {2, file}};
        return options;
    }
};

void open_given(Given& given, const std::string& folder) {
    const std::string path = folder + "/given";
    std::filesystem::remove(path);
    constexpr mode_t kSecret = 0600;
    if (given.kind == "file") {
        given.file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kSecret);
        REQUIRE(write(given.file, "secret\n", 7) == 7);
        REQUIRE(lseek(given.file, 0, SEEK_SET) == 0);
    } else if (given.kind == "FIFO") {
        REQUIRE(mkfifo(path.c_str(), kSecret) == 0);
        given.file = open(path.c_str(), O_RDWR | O_CLOEXEC);
    } else if (given.kind == "block device" || given.kind == "character device") {
        const bool block = given.kind == "block device";
        REQUIRE(mknod(path.c_str(), (block ? S_IFBLK : S_IFCHR) | kSecret,
                      block ? makedev(7, 0) : makedev(1, 5)) == 0);
        given.file = open(path.c_str(), O_RDWR | O_CLOEXEC);
    } else if (given.kind == "memfd") {
        given.file = memfd_create("given", MFD_CLOEXEC);
        REQUIRE(fchmod(given.file, kSecret) == 0);
    } else if (given.kind == "path") {
        given.file = open(folder.c_str(), O_PATH | O_CLOEXEC);
    } else if (given.kind == "socket") {
        int pair[2];
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        given.file = pair[0];
        given.other = pair[1];
    }
}

const std::vector<std::string> kKinds = {"file",  "FIFO", "block device", "character device",
                                         "memfd", "path", "socket"};

std::string owner(const struct stat& status) {
    return std::to_string(status.st_uid) + ":" + std::to_string(status.st_gid) + " " +
           std::to_string(status.st_mode);
}

struct stat status_of(int file) {
    struct stat status{};
    REQUIRE(fstat(file, &status) == 0);
    return status;
}

TEST_CASE("29: the owner of a file that is a standard stream does not change") {
    need_root();
    const Unchanged host;
    for (const std::string& kind : kKinds)
        for (const std::string how : {"run", "run --detach", "create", "exec", "exec --detach"}) {
            INFO(kind << ", " << how);
            Bundle bundle;
            Given given(kind);
            open_given(given, bundle.path());
            // No driver, or no device: nothing to test.
            if (given.file < 0) continue;
            const std::string before = owner(status_of(given.file));
            bundle.set("/process/user", {{"uid", 1000}, {"gid", 1000}});
            if (how.starts_with("exec")) {
                bundle.args({"/bin/sleep", "1000"});
                const Sleeper sleeper(bundle);
                const std::string pid_file = bundle.path() + "/exec.pid";
                std::vector<std::string> flags = {"--pid-file", pid_file};
                if (how == "exec --detach") flags.emplace_back("--detach");
                must(sleeper.exec(flags, {"/bin/true"}, given.options()));
                if (how == "exec --detach") CHECK(exit_of(std::stoi(read_file(pid_file))) == 0);
            } else {
                bundle.args({"/bin/true"});
                Container container(bundle);
                if (how == "create")
                    (void)container.create({}, given.options());
                else
                    (void)container.run(how == "run" ? std::vector<std::string>{}
                                                     : std::vector<std::string>{"--detach"},
                                        given.options());
            }
            CHECK(owner(status_of(given.file)) == before);
        }
}

TEST_CASE("29: in the foreground no file or terminal of the caller is reachable inside") {
    need_root();
    const Unchanged host;
    for (const std::string& kind : kKinds)
        for (const bool exec : {false, true}) {
            INFO(kind << (exec ? ", exec" : ", run"));
            Bundle bundle;
            Given given(kind);
            open_given(given, bundle.path());
            if (given.file < 0) continue;
            const std::string list = "for n in 0 1 2; do readlink /proc/self/fd/$n; done >/list";
            bundle.set("/root/readonly", false).script(list);
            if (exec) {
                bundle.args({"/bin/sleep", "1000"});
                const Sleeper sleeper(bundle);
                (void)sleeper.exec_script({}, list, given.options());
            } else {
                Container container(bundle);
                (void)container.run({}, given.options());
            }
            const std::string seen = read_file(bundle.rootfs() + "/list");
            // The second one is the list itself.
            const std::vector<std::string> lines = lines_of(seen);
            INFO(seen);
            REQUIRE(lines.size() == 3);
            for (const std::size_t number : {0U, 2U})
                CHECK_THAT(lines[number],
                           Catch::StartsWith(kind == "socket" ? "socket:[" : "pipe:["));
        }
}

TEST_CASE("29: files of the caller are read and written through pipes in the foreground") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Given given("file");
    open_given(given, bundle.path());
    bundle.set("/process/user", {{"uid", 1000}, {"gid", 1000}});
    bundle.script("read word; echo \"got $word\"; echo error >&2; head -c 64 /proc/self/fd/0");
    Container container(bundle);
    const Outcome outcome = container.run({}, given.options());
    CHECK(outcome.ok());
    CHECK(read_file(bundle.path() + "/given") == "secret\ngot secret\nerror\n");
}

TEST_CASE("29: a process that exec leaves behind cannot read what is typed to the caller") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/root/readonly", false).args({"/bin/sleep", "1000"});
    const Sleeper sleeper(bundle);
    const Pty terminal;
    CommandOptions options;
    for (const int number : {0, 1, 2}) options.fds.emplace_back(number, terminal.slave());
    const Outcome outcome =
        sleeper.exec_script({}, "(cat >/typed; echo end >/ended) & echo started", options);
    INFO(outcome.describe());
    CHECK(outcome.ok());
    CHECK_THAT(read_until(terminal.master(), "started"), Catch::Contains("started"));
    type(terminal.master(), "password\n");
    // The pipe is at its end once exec has returned.
    for (int i = 0; i < 50 && !std::filesystem::exists(bundle.rootfs() + "/ended"); ++i)
        usleep(100'000);
    CHECK(std::filesystem::exists(bundle.rootfs() + "/ended"));
    CHECK(read_file(bundle.rootfs() + "/typed").empty());
    std::string kept(9, '\0');
    CHECK(read(terminal.slave(), kept.data(), kept.size()) == 9);
    CHECK(kept == "password\n");
}

TEST_CASE("29: detached, a program gets the caller's files unchanged") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Given given("file");
    open_given(given, bundle.path());
    bundle.args({"/bin/sleep", "1000"});
    Container container(bundle);
    (void)container.run({"--detach"}, given.options());
    const std::string self = "/proc/" + std::to_string(container.pid()) + "/fd/";
    for (const char* number : {"0", "1", "2"})
        CHECK(link_of(self + number) == bundle.path() + "/given");
}

}  // namespace
}  // namespace crux::test
