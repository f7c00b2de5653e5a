// What crux reads back: messages of init, and the files in which it keeps what it knows. The
// numbers are those of the attacks in docs/security.md.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>

#include "runtime/plan/layout.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const std::vector<std::string> kSleep = {"/bin/sleep", "1000"};

/// A report of init in a packet, with so many bytes more or less.
std::string packet(plan::Say say, std::uint32_t step, std::int32_t extra = 0,
                   std::uint32_t detail = 0, int more = 0) {
    plan::InitReport report = {};
    report.say = say;
    report.step = step;
    report.error = EIO;
    report.extra = extra;
    report.detail_length = detail;
    std::string bytes(reinterpret_cast<const char*>(&report), plan::kReportHead);
    bytes.resize(static_cast<std::size_t>(static_cast<int>(bytes.size()) + more));
    return bytes;
}

/// Writes it to every socket of a process.
int write_to_sockets_of(pid_t pid, const std::string& bytes) {
    const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    int written = 0;
    for (int number = 0; number < 64; ++number) {
        const std::string link =
            link_of("/proc/" + std::to_string(pid) + "/fd/" + std::to_string(number));
        if (!link.starts_with("socket:")) continue;
        const int socket = static_cast<int>(syscall(SYS_pidfd_getfd, process, number, 0));
        if (write(socket, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()))
            ++written;
        close(socket);
    }
    close(process);
    return written;
}

TEST_CASE("28: no forged report of init crashes crux or is carried out") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    const std::string reached = bundle.path() + "/reached";
    // Init runs this hook while the parent waits for its next message.
    bundle.set("/hooks/createContainer",
               json::array({{{"path", "/bin/sh"},
                             {"args", {"sh", "-c", "echo >" + reached + "; sleep 20"}}}}));
    std::vector<std::string> forged;
    using plan::Say;
    for (const Say say : {Say::failed, Say::warning, Say::ask, Say::ready})
        for (const std::uint32_t step : {0x40000000U, 0xFFFFFFFFU, 100'000U})
            forged.push_back(packet(say, step));
    for (const Say say : {Say::ask, Say::ready}) forged.push_back(packet(say, 0));
    for (const std::uint32_t say : {4U, 5U, 0x80000000U, 0xFFFFFFFFU})
        forged.push_back(packet(static_cast<Say>(say), 0));
    forged.push_back(packet(Say::ask, 0, -1));
    forged.push_back(packet(Say::failed, 0, 0, 1000));
    forged.push_back(packet(Say::failed, 0, 0, 0xFFFFFFFFU));
    forged.push_back(packet(Say::failed, 0, 0, 0, 4));
    forged.push_back(packet(Say::failed, 0, 0, 0, -4));
    forged.push_back("x");
    int refusals = 0;
    for (const std::string& bytes : forged) {
        fs::remove(reached);
        Container container(bundle);
        container.global_options = bare_errors();
        bundle.write();
        Process create(container.words({"create", "--bundle", bundle.path(), container.id()}));
        REQUIRE(eventually([&] { return fs::exists(reached); }));
        const std::vector<pid_t> children = children_of(create.pid());
        REQUIRE(children.size() == 1);
        REQUIRE(write_to_sockets_of(children[0], bytes) == 1);
        const Outcome outcome = create.wait();
        INFO("forged report " << refusals << "\n" << outcome.describe());
        CHECK(outcome.signal == 0);
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, Catch::Contains("init sent an invalid message: "));
        CHECK(container.status().empty());
        ++refusals;
    }
    std::cout << refusals << " forged reports\n";
}

/// A running container, and a way to break one of the files that crux keeps of it.
struct Broken {
    const char* name;
    std::function<void(const std::string& file)> by;
};

const std::vector<Broken>& ways() {
    static const std::vector<Broken> all = {
        {"FIFO", [](const std::string& file) { fs::remove(file), mkfifo(file.c_str(), 0600); }},
        {"link",
         [](const std::string& file) {
             fs::rename(file, file + ".real");
             fs::create_symlink(file + ".real", file);
         }},
        {"device",
         [](const std::string& file) {
             fs::remove(file), mknod(file.c_str(), S_IFCHR | 0600, makedev(1, 5));
         }},
        {"directory",
         [](const std::string& file) { fs::remove(file), fs::create_directory(file); }},
        {"foreign owner",
         [](const std::string& file) { CHECK(chown(file.c_str(), 1000, 0) == 0); }},
        {"foreign group",
         [](const std::string& file) {
             CHECK(chown(file.c_str(), 0, 1000) == 0);
             CHECK(chmod(file.c_str(), 0660) == 0);
         }},
        {"writable by all", [](const std::string& file) { CHECK(chmod(file.c_str(), 0606) == 0); }},
        {"1 GB", [](const std::string& file) { CHECK(truncate(file.c_str(), 1L << 30) == 0); }},
    };
    return all;
}

TEST_CASE("32: a file of others in the state directory is refused, and nothing follows from it") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const std::string canary = bundle.path() + "/canary";
    bundle.args(kSleep);
    bundle.set("/hooks/poststop",
               json::array({{{"path", "/bin/sh"}, {"args", {"sh", "-c", "echo >" + canary}}}}));
    for (const char* file : {"state.json", "journal", "config.json"}) {
        for (const Broken& way : ways()) {
            Container container(bundle);
            container.global_options = bare_errors();
            must(container.create());
            must(container.start());
            const pid_t pid = container.pid();
            const std::string path = container.state_folder() + "/" + file;
            const std::string text = read_file(path);
            way.by(path);
            std::vector<std::vector<std::string>> commands = {
                {"state", container.id()}, {"delete", container.id()}, {"list"}};
            commands.push_back({"exec", container.id(), "/bin/true"});
            for (const auto& command : commands) {
                const Outcome outcome = container.crux(command);
                INFO(file << " " << way.name << " " << command[0] << "\n" << outcome.describe());
                CHECK_FALSE(outcome.timed_out);
                CHECK(outcome.elapsed < 1s * slowdown());
                // The copy of the config is not read by each of them.
                if (std::string(file) != "config.json" || command[0] == "exec")
                    CHECK_THAT(outcome.err, Catch::Contains(file));
                CHECK(::kill(pid, 0) == 0);
                CHECK(fs::exists(container.state_folder()));
            }
            CHECK_FALSE(fs::exists(canary));
            // The container as it was, so that it can be removed.
            fs::remove_all(path);
            fs::remove(path + ".real");
            write_file(path, text, 0600);
            must(container.remove({"--force"}));
            fs::remove(canary);
        }
    }
}

TEST_CASE("32: a state root or directory that others can write is refused, with the reason") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const std::string canary = bundle.path() + "/canary";
    bundle.args({"/bin/true"});
    bundle.set("/hooks/poststop",
               json::array({{{"path", "/bin/sh"}, {"args", {"sh", "-c", "echo >" + canary}}}}));
    struct Access {
        uid_t owner;
        gid_t group;
        mode_t mode;
        const char* reason;
    };
    constexpr const char* kOwner = "owned by user 1000";
    const std::vector<Access> all = {
        {0, 0, 01777, "the sticky bit does not keep others from making files in it"},
        {0, 0, 0777, "writable by every user"},
        {0, 1000, 0770, "writable by group 1000"},
        {1000, 1000, 0700, kOwner},
    };
    for (const bool of_root : {true, false})
        for (const Access& access : all) {
            Container container(bundle);
            container.global_options = bare_errors();
            container.use_root(bundle.path() + "/state");
            must(container.create());
            must(container.start());
            REQUIRE(container.reaches("stopped"));
            const std::string place = of_root ? container.root() : container.state_folder();
            REQUIRE(chown(place.c_str(), access.owner, access.group) == 0);
            REQUIRE(chmod(place.c_str(), access.mode) == 0);
            for (const auto& command : std::vector<std::vector<std::string>>{
                     {"delete"}, {"delete", "--force"}, {"state"}, {"start"}, {"kill"}}) {
                std::vector<std::string> words = command;
                words.push_back(container.id());
                const Outcome outcome = container.crux(words);
                INFO(access.reason << " " << command[0] << "\n" << outcome.describe());
                CHECK(outcome.status == 1);
                CHECK_THAT(outcome.err, Catch::Contains(access.reason));
                CHECK_THAT(outcome.err, Catch::Contains(place));
                CHECK_FALSE(fs::exists(canary));
            }
            if (of_root) {
                Container other(bundle);
                other.use_root(container.root());
                CHECK_THAT(other.create().err, Catch::Contains(access.reason));
            }
            REQUIRE(chown(place.c_str(), 0, 0) == 0);
            REQUIRE(chmod(place.c_str(), 0700) == 0);
            must(container.remove({"--force"}));
            fs::remove(canary);
        }
}

TEST_CASE("32: no bytes of a journal or a record hang a command or destroy a running container") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    container.global_options = bare_errors();
    must(container.create());
    must(container.start());
    const pid_t pid = container.pid();
    const auto look = [&](const std::string& what) {
        for (const auto& command : std::vector<std::vector<std::string>>{
                 {"state", container.id()}, {"delete", container.id()}, {"list"}}) {
            const Outcome outcome = container.crux(command);
            INFO(what << "\n" << command[0] << outcome.describe());
            CHECK_FALSE(outcome.timed_out);
            CHECK(outcome.elapsed < 1s * slowdown());
            CHECK(outcome.signal == 0);
            CHECK(::kill(pid, 0) == 0);
            CHECK(fs::exists(container.state_folder() + "/config.json"));
        }
    };
    const std::string journal = container.state_folder() + "/journal";
    const std::string own = read_file(journal);
    for (const std::string& text :
         {std::string("cgroup 1 relative /path cpu\n"), std::string("cgroup 2 sys/fs/cgroup x \n"),
          std::string("cgroup 1 /../.. /etc cpu\n"), std::string("mount 1 /\nours\nnonsense\n"),
          "cgroup 1 /sys/fs/cgroup/cpu /" + std::string(1 << 20, 'a') + " cpu\n",
          std::string(1 << 20, '\n'), std::string(1 << 19, '\0') + "\n"}) {
        write_file(journal, text, 0600);
        look(text.substr(0, 80));
    }
    for (std::size_t length = 0; length < own.size(); length += own.size() / 10) {
        write_file(journal, own.substr(0, length), 0600);
        look("journal cut at " + std::to_string(length));
    }
    write_file(journal, own, 0600);
    const std::string record = container.state_folder() + "/state.json";
    const std::string whole = read_file(record);
    for (std::size_t length = 0; length < whole.size(); length += whole.size() / 20) {
        write_file(record, whole.substr(0, length), 0600);
        look("record cut at " + std::to_string(length));
    }
    const json parsed = json::parse(whole);
    for (const auto& [key, value] : parsed.items()) {
        json changed = parsed;
        changed[key] = value.is_string() ? json(5) : json("other");
        write_file(record, changed.dump(), 0600);
        look(key);
    }
    json foreign = parsed;
    foreign["id"] = "another";
    write_file(record, foreign.dump(), 0600);
    refused_with(container.crux({"state", container.id()}), "is that of container");
    write_file(record, whole, 0600);
    CHECK(container.status() == "running");
    must(container.remove({"--force"}));
}

}  // namespace
}  // namespace crux::test
