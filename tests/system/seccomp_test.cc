// Filters in containers: the effect of a profile of config.json on the calls of a program.

#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/runs.h"
#include "tests/system/calls.h"

namespace crux::test {
namespace {

using nlohmann::json;

constexpr int kSigsys = 128 + SIGSYS;

/// Like Unchanged, but ignores the cache of filters, which is kept on purpose.
class Host {
 public:
    Host() { forget(); }
    ~Host() { forget(); }
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

 private:
    /// Removes the cache; the destructor does this before before_ checks the host.
    static void forget() {
        Bundle bundle;
        const Container container(bundle);
        std::filesystem::remove_all(container.root() + "/seccomp:cache");
    }
    Unchanged before_;
};

json with_errno(json one, int number) {
    one["errnoRet"] = number;
    return one;
}

json with_args(json one, json args) {
    one["args"] = std::move(args);
    return one;
}

json condition(unsigned index, const std::string& op, std::uint64_t value,
               std::uint64_t value_two = 0) {
    return {{"index", index}, {"value", value}, {"valueTwo", value_two}, {"op", op}};
}

/// The results of the program's calls; the program must exit with this status.
std::vector<std::string> results(Bundle& bundle, int status = 0) {
    Container container(bundle);
    const Outcome outcome = container.run();
    INFO(outcome.describe());
    CHECK(outcome.status == status);
    return lines_of(outcome.out);
}

using Lines = std::vector<std::string>;

TEST_CASE("seccomp: each action does to a call what seccomp(2) says") {
    need_root();
    const Host host;
    const struct {
        json rule;
        const char* result;  ///< the result of a call that returns 1 without a filter
        int status;
    } rows[] = {
        {rule("getpid", "SCMP_ACT_ALLOW"), "1", 0},
        {rule("getpid", "SCMP_ACT_LOG"), "1", 0},
        {rule("getpid", "SCMP_ACT_ERRNO"), "-1", 0},
        {with_errno(rule("getpid", "SCMP_ACT_ERRNO"), 95), "-95", 0},
        {with_errno(rule("getpid", "SCMP_ACT_ERRNO"), 0), "0", 0},
        // No tracer handles the call.
        {rule("getpid", "SCMP_ACT_TRACE"), "-38", 0},
        {with_errno(rule("getpid", "SCMP_ACT_TRACE"), 7), "-38", 0},
        {rule("getpid", "SCMP_ACT_TRAP"), nullptr, kSigsys},
        {rule("getpid", "SCMP_ACT_KILL"), nullptr, kSigsys},
        {rule("getpid", "SCMP_ACT_KILL_THREAD"), nullptr, kSigsys},
        {rule("getpid", "SCMP_ACT_KILL_PROCESS"), nullptr, kSigsys},
    };
    for (const auto& row : rows) {
        INFO(row.rule.dump());
        Calls bundle(but({row.rule}), {call(__NR_getpid)});
        CHECK(results(bundle, row.status) == (row.result != nullptr ? Lines{row.result} : Lines{}));
    }
}

TEST_CASE("seccomp: a default that refuses leaves what the rules allow") {
    need_root();
    const Host host;
    const json allowed = allow_own_calls({"getpid"});
    const struct {
        const char* action;
        std::optional<int> errno_ret;
        const char* result;
        int status;
    } rows[] = {
        {"SCMP_ACT_ERRNO", {}, "-1", 0},
        {"SCMP_ACT_ERRNO", EACCES, "-13", 0},
        {"SCMP_ACT_KILL_PROCESS", {}, nullptr, kSigsys},
        {"SCMP_ACT_TRAP", {}, nullptr, kSigsys},
    };
    for (const auto& row : rows) {
        json profile = {{"defaultAction", row.action}, {"syscalls", {allowed}}};
        if (row.errno_ret) profile["defaultErrnoRet"] = *row.errno_ret;
        INFO(profile.dump());
        Calls bundle(profile, {call(__NR_getpid), call(__NR_getuid)});
        bundle.set("/process/noNewPrivileges", true);
        Lines expected{"1"};
        if (row.result != nullptr) expected.emplace_back(row.result);
        CHECK(results(bundle, row.status) == expected);
    }
}

TEST_CASE("seccomp: operators compare whole arguments") {
    need_root();
    const Host host;
    constexpr std::uint64_t kValue = 0x1'0000'0005;
    const struct {
        const char* op;
        bool below, equal, above, low_half_only;
    } rows[] = {
        {"SCMP_CMP_NE", true, false, true, true},  {"SCMP_CMP_LT", true, false, false, true},
        {"SCMP_CMP_LE", true, true, false, true},  {"SCMP_CMP_EQ", false, true, false, false},
        {"SCMP_CMP_GE", false, true, true, false}, {"SCMP_CMP_GT", false, false, true, false},
    };
    for (const auto& row : rows) {
        INFO(row.op);
        Calls bundle(but({with_args(rule("getpid", "SCMP_ACT_ERRNO"),
                                    json::array({condition(2, row.op, kValue)}))}),
                     {call(__NR_getpid, {0, 0, kValue - 1}), call(__NR_getpid, {0, 0, kValue}),
                      call(__NR_getpid, {0, 0, kValue + 1}), call(__NR_getpid, {0, 0, 5})});
        const auto told = [](bool holds) { return std::string(holds ? "-1" : "1"); };
        CHECK(results(bundle) ==
              Lines{told(row.below), told(row.equal), told(row.above), told(row.low_half_only)});
    }
    Calls bundle(
        but({with_args(rule("getpid", "SCMP_ACT_ERRNO"),
                       json::array({condition(0, "SCMP_CMP_MASKED_EQ", 0xf0, 0x30)}))}),
        {call(__NR_getpid, {0x30}), call(__NR_getpid, {0x13f}), call(__NR_getpid, {0x40})});
    CHECK(results(bundle) == Lines{"-1", "-1", "1"});
}

TEST_CASE("seccomp: conditions on several arguments must all hold, on one are alternatives") {
    need_root();
    const Host host;
    Calls both(but({with_args(
                   rule("getpid", "SCMP_ACT_ERRNO"),
                   json::array({condition(0, "SCMP_CMP_EQ", 1), condition(5, "SCMP_CMP_GT", 7)}))}),
               {call(__NR_getpid, {1, 0, 0, 0, 0, 8}), call(__NR_getpid, {1, 0, 0, 0, 0, 7}),
                call(__NR_getpid, {2, 0, 0, 0, 0, 8})});
    CHECK(results(both) == Lines{"-1", "1", "1"});
    Calls either(but({with_args(rule("getpid", "SCMP_ACT_ERRNO"),
                                json::array({condition(0, "SCMP_CMP_EQ", 1),
                                             condition(0, "SCMP_CMP_EQ", 4)}))}),
                 {call(__NR_getpid, {1}), call(__NR_getpid, {4}), call(__NR_getpid, {2})});
    CHECK(results(either) == Lines{"-1", "-1", "1"});
}

TEST_CASE("seccomp: a profile that makes libseccomp loop forever starts its container") {
    need_root();
    const Host host;
    const json first =
        with_args(rule("getpid", "SCMP_ACT_ERRNO"),
                  json::array({condition(1, "SCMP_CMP_NE", 7), condition(2, "SCMP_CMP_EQ", 8)}));
    const json second =
        with_args(rule("getpid", "SCMP_ACT_ERRNO"),
                  json::array({condition(1, "SCMP_CMP_NE", 7), condition(3, "SCMP_CMP_EQ", 2)}));
    Calls bundle(but({first, second}),
                 {call(__NR_getpid, {0, 0, 8, 0}), call(__NR_getpid, {0, 0, 0, 2}),
                  call(__NR_getpid, {0, 7, 8, 2})});
    CHECK(results(bundle) == Lines{"-1", "-1", "1"});
}

TEST_CASE("seccomp: calls newer than the profile get ENOSYS, older ones what the default says") {
    need_root();
    const Host host;
    const json allowed = allow_own_calls({"openat2"});
    Calls bundle({{"defaultAction", "SCMP_ACT_ERRNO"}, {"syscalls", {allowed}}},
                 {call(__NR_getuid), call(__NR_statx), call(__NR_openat2 + 1), call(100'000)});
    bundle.set("/process/noNewPrivileges", true);
    CHECK(results(bundle) == Lines{"-1", "-1", "-38", "-38"});
    // The same profile without a refusing default.
    bundle.set("/linux/seccomp/defaultAction", "SCMP_ACT_LOG");
    bundle.make({call(__NR_getuid), call(__NR_getpid)});
    CHECK(results(bundle) == Lines{"0", "1"});
}

#ifdef __x86_64__
TEST_CASE("seccomp: each architecture has its own numbers, and one that is not listed is killed") {
    need_root();
    const Host host;
    constexpr const char* kGetpid32 = "i:20";
    Calls bundle(but({with_errno(rule("getpid", "SCMP_ACT_ERRNO"), 5)}), {kGetpid32});
    CHECK(results(bundle, kSigsys).empty());
    bundle.set("/linux/seccomp/architectures", {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"});
    if (results(bundle, 0) != Lines{"-5"}) skip("needs a kernel with 32-bit calls");
    // The native architecture is always included.
    bundle.set("/linux/seccomp/architectures", {"SCMP_ARCH_X86"});
    bundle.make({call(__NR_getpid), kGetpid32, "i:24"});
    CHECK(results(bundle) == Lines{"-5", "-5", "0"});
}

TEST_CASE("seccomp: x32 calls are killed unless listed") {
    need_root();
    const Host host;
    Calls bundle(but({with_errno(rule("getpid", "SCMP_ACT_ERRNO"), 5)}), {"x:39"});
    CHECK(results(bundle, kSigsys).empty());
    bundle.set("/linux/seccomp/architectures", {"SCMP_ARCH_X32"});
    CHECK(results(bundle) == Lines{"-5"});
}
#endif

TEST_CASE("seccomp: the filter is there with and without no_new_privs and privilege") {
    need_root();
    const Host host;
    for (bool no_new_privileges : {true, false}) {
        for (int user : {0, 1000}) {
            INFO("noNewPrivileges " << no_new_privileges << ", user " << user);
            Calls bundle(but({rule("getppid", "SCMP_ACT_ERRNO")}));
            bundle.script("grep -E '^(NoNewPrivs|Seccomp|Seccomp_filters):' /proc/self/status")
                .set("/process/noNewPrivileges", no_new_privileges)
                .set("/process/user", {{"uid", user}, {"gid", user}})
                .remove("/process/capabilities");
            CHECK(results(bundle) == Lines{no_new_privileges ? "NoNewPrivs:\t1" : "NoNewPrivs:\t0",
                                           "Seccomp:\t2", "Seccomp_filters:\t1"});
        }
    }
}

/// The flags of a process's filter as the kernel reports them (only LOG), if it does.
std::optional<std::uint64_t> filter_flags(pid_t pid) {
    struct {
        std::uint64_t filter = 0;
        std::uint64_t flags = 0;
    } metadata;
    constexpr int kGetMetadata = 0x420d;  // PTRACE_SECCOMP_GET_METADATA, Linux 4.16
    if (::ptrace(PTRACE_SEIZE, pid, 0, 0) != 0) return std::nullopt;
    ::ptrace(PTRACE_INTERRUPT, pid, 0, 0);
    ::waitpid(pid, nullptr, __WALL);
    const long told =
        ::ptrace(static_cast<__ptrace_request>(kGetMetadata), pid, sizeof(metadata), &metadata);
    ::ptrace(PTRACE_DETACH, pid, 0, 0);
    if (told < 0) return std::nullopt;
    return metadata.flags;
}

TEST_CASE("seccomp: every flag is taken") {
    need_root();
    const Host host;
    const json rows[] = {
        nullptr,
        json::array(),
        {"SECCOMP_FILTER_FLAG_TSYNC"},
        {"SECCOMP_FILTER_FLAG_LOG"},
        {"SECCOMP_FILTER_FLAG_SPEC_ALLOW"},
        {"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"},
        // Without effect unless a rule notifies, and reported so.
        {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"},
    };
    for (const json& flags : rows) {
        json profile = but({rule("getpid", "SCMP_ACT_ERRNO")});
        if (!flags.is_null()) profile["flags"] = flags;
        INFO(profile.dump());
        Calls bundle(profile, {call(__NR_getpid)});
        CHECK(results(bundle) == Lines{"-1"});
    }
}

TEST_CASE("seccomp: the LOG flag reaches the kernel") {
    need_root();
    const Host host;
    for (const bool wanted : {true, false}) {
        json profile = but({rule("getpid", "SCMP_ACT_ERRNO")});
        profile["flags"] =
            json::array({wanted ? "SECCOMP_FILTER_FLAG_LOG" : "SECCOMP_FILTER_FLAG_SPEC_ALLOW"});
        Calls bundle(profile);
        bundle.script("sleep 60");
        Container container(bundle);
        must(container.create());
        must(container.start());
        const auto flags = filter_flags(container.pid());
        if (!flags)
            skip("needs a kernel that reports a filter's flags (CONFIG_CHECKPOINT_RESTORE)");
        CHECK((*flags & SECCOMP_FILTER_FLAG_LOG) == (wanted ? SECCOMP_FILTER_FLAG_LOG : 0));
    }
}

TEST_CASE("seccomp: names that libseccomp does not know are ignored") {
    need_root();
    const Host host;
    json mixed = rule("getpid", "SCMP_ACT_ERRNO");
    mixed["names"] = {"no_such_call", "getpid"};
    Calls bundle(but({mixed}), {call(__NR_getpid)});
    CHECK(results(bundle) == Lines{"-1"});
}

TEST_CASE("seccomp: a faulty profile is refused with the place of the fault") {
    need_root();
    const Host host;
    const auto with = [](const std::string& key, json value) {
        json profile = but({});
        profile[key] = std::move(value);
        return profile;
    };
    const struct {
        json profile;
        const char* pointer;
    } rows[] = {
        {{{"syscalls", json::array()}}, "/linux/seccomp/defaultAction"},
        {with("defaultAction", "SCMP_ACT_NOPE"), "/linux/seccomp/defaultAction"},
        {with("defaultErrnoRet", 1), "/linux/seccomp/defaultErrnoRet"},
        {with("architectures", {"SCMP_ARCH_X86_64", "SCMP_ARCH_NOPE"}),
         "/linux/seccomp/architectures/1"},
        {with("flags", {"SECCOMP_FILTER_FLAG_NOPE"}), "/linux/seccomp/flags/0"},
        {but({with_errno(rule("getpid", "SCMP_ACT_ALLOW"), 1)}),
         "/linux/seccomp/syscalls/0/errnoRet"},
        {but({rule("getpid", "SCMP_ACT_ERRNO"),
              with_args(rule("getpid", "SCMP_ACT_ERRNO"),
                        json::array({condition(6, "SCMP_CMP_EQ", 0)}))}),
         "/linux/seccomp/syscalls/1/args/0/index"},
        {but({with_args(rule("getpid", "SCMP_ACT_ERRNO"),
                        json::array({condition(0, "SCMP_CMP_NOPE", 0)}))}),
         "/linux/seccomp/syscalls/0/args/0/op"},
        {but({{{"names", json::array()}, {"action", "SCMP_ACT_ERRNO"}}}),
         "/linux/seccomp/syscalls/0/names"},
        {but({rule("getpid", "SCMP_ACT_NOTIFY")}), "/linux/seccomp/listenerPath"},
    };
    for (const auto& row : rows) {
        INFO(row.profile.dump());
        Calls bundle(row.profile, {call(__NR_getpid)});
        Container container(bundle);
        container.global_options = bare_errors();
        refused_with(container.run(), row.pointer);
        CHECK(container.status().empty());
    }
}

TEST_CASE("seccomp: a filter is kept below the state root and used again") {
    need_root();
    const Host host;
    Calls bundle(but({rule("getpid", "SCMP_ACT_ERRNO")}), {call(__NR_getpid)});
    Container container(bundle);
    const std::string folder = container.root() + "/seccomp:cache";
    const auto entries = [&folder] {
        Lines names;
        for (const auto& entry : std::filesystem::directory_iterator(folder))
            names.push_back(entry.path().filename());
        return names;
    };
    must(container.create());
    REQUIRE(entries().size() == 1);
    const std::string entry = folder + "/" + entries()[0];
    struct ::stat facts{};
    REQUIRE(::stat(folder.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777) == 0700);
    // It is not a container.
    const Outcome list = container.crux({"list", "--quiet"});
    CHECK(lines_of(list.out) == Lines{container.id()});
    CHECK(!container.crux({"state", "seccomp:cache"}).ok());
    must(container.remove({"--force"}));

    const std::string kept = read_file(entry);
    const Outcome again = container.run();
    CHECK(again.out == "-1\n");
    CHECK(entries().size() == 1);
    // A damaged entry has no effect and is replaced.
    write_file(entry, std::string(kept.size(), 'x'), 0600);
    const Outcome mended = container.run();
    CHECK(mended.out == "-1\n");
    CHECK(read_file(entry) == kept);
}

TEST_CASE("seccomp: a process that exec starts has the filter too") {
    need_root();
    const Host host;
    Calls bundle(but({with_errno(rule("getuid", "SCMP_ACT_ERRNO"), 95)}));
    bundle.script("sleep 60");
    Container container(bundle);
    must(container.create());
    must(container.start());
    const Outcome outcome = container.crux({"exec", container.id(), "/calls", call(__NR_getuid)});
    INFO(outcome.describe());
    CHECK(outcome.ok());
    CHECK(outcome.out == "-95\n");
}

/// An agent (config-linux.md, listenerPath): receives one container process state and handles the
/// calls of its container until that has ended.
class Agent {
 public:
    Agent() : path_(work_folder() + "/agent.sock") {
        ::unlink(path_.c_str());
        socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct ::sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(path_.size() < sizeof(address.sun_path));
        std::memcpy(address.sun_path, path_.c_str(), path_.size());
        REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
        REQUIRE(::listen(socket_, 1) == 0);
        thread_ = std::thread([this] { serve(); });
    }
    ~Agent() {
        finish();
        ::close(socket_);
        ::unlink(path_.c_str());
    }
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    /// Waits until the agent has seen the end of its container.
    void finish() {
        if (thread_.joinable()) thread_.join();
    }

    [[nodiscard]] const std::string& path() const { return path_; }

    // To be read after finish().
    std::string state;            ///< the bytes until the connection's end
    std::size_t descriptors = 0;  ///< the number of descriptors with it
    std::vector<int> calls;       ///< the numbers of the intercepted calls

 private:
    static bool readable(int file) {
        struct ::pollfd one{.fd = file, .events = POLLIN, .revents = 0};
        constexpr int kPatience = 10'000;
        return ::poll(&one, 1, kPatience) == 1 && (one.revents & POLLIN) != 0;
    }

    int receive(int connection) {
        int listener = -1;
        for (;;) {
            std::array<char, 4096> bytes{};
            alignas(cmsghdr) std::array<char, 256> control{};
            struct ::iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
            struct ::msghdr message{};
            message.msg_iov = &part;
            message.msg_iovlen = 1;
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            const ssize_t size =
                readable(connection) ? ::recvmsg(connection, &message, MSG_CMSG_CLOEXEC) : 0;
            if (size <= 0) return listener;
            state.append(bytes.data(), static_cast<std::size_t>(size));
            for (cmsghdr* entry = CMSG_FIRSTHDR(&message); entry != nullptr;
                 entry = CMSG_NXTHDR(&message, entry)) {
                descriptors += (entry->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                std::memcpy(&listener, CMSG_DATA(entry), sizeof(int));
            }
        }
    }

    void serve() {
        if (!readable(socket_)) return;
        const int connection = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
        const int listener = receive(connection);
        ::close(connection);
        if (listener < 0) return;
        while (readable(listener)) {
            struct ::seccomp_notif held{};
            if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &held) != 0) continue;
            calls.push_back(held.data.nr);
            struct ::seccomp_notif_resp answer{};
            answer.id = held.id;
            if (held.data.nr == __NR_getppid)
                answer.val = 4242;
            else if (held.data.nr == __NR_getuid)
                answer.error = -EXDEV;
            else
                answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
            ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
        }
        ::close(listener);
    }

    std::string path_;
    int socket_ = -1;
    std::thread thread_;
};

json notify(std::vector<std::string> names) {
    return {{"names", std::move(names)}, {"action", "SCMP_ACT_NOTIFY"}};
}

TEST_CASE("seccomp: an agent answers the calls that the profile gives to it") {
    need_root();
    const Host host;
    for (const bool no_new_privileges : {true, false}) {
        INFO("noNewPrivileges " << no_new_privileges);
        Agent agent;
        json profile = but({notify({"getppid", "getuid", "getpid"})});
        profile["listenerPath"] = agent.path();
        profile["listenerMetadata"] = "some \"data\"";
        Calls bundle(profile, {call(__NR_getppid), call(__NR_getuid), call(__NR_getpid)});
        bundle.set("/process/noNewPrivileges", no_new_privileges)
            .set("/annotations", {{"key", "value"}});
        Container container(bundle);
        const Outcome outcome = container.run();
        agent.finish();
        INFO(outcome.describe());
        CHECK(outcome.ok());
        CHECK(lines_of(outcome.out) == Lines{"4242", "-18", "1"});
        CHECK(agent.calls == std::vector<int>{__NR_getppid, __NR_getuid, __NR_getpid});

        CHECK(agent.descriptors == 1);
        const json told = json::parse(agent.state);
        CHECK(told["ociVersion"].is_string());
        CHECK(told["fds"] == json::array({"seccompFd"}));
        CHECK(told["metadata"] == "some \"data\"");
        CHECK(told["pid"].get<int>() > 1);
        CHECK(told["state"]["id"] == container.id());
        CHECK(told["state"]["pid"] == told["pid"]);
        CHECK(told["state"]["status"] == "creating");
        CHECK(told["state"]["bundle"] == bundle.path());
        CHECK(told["state"]["annotations"]["key"] == "value");
    }
}

TEST_CASE("seccomp: an agent answers under WAIT_KILLABLE_RECV, where the kernel has it") {
    need_root();
    const Host host;
    Agent agent;
    json profile = but({notify({"getppid"})});
    profile["listenerPath"] = agent.path();
    profile["flags"] = {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"};
    Calls bundle(profile, {call(__NR_getppid)});
    if (kernel_is_at_least(5, 19))
        CHECK(results(bundle) == Lines{"4242"});
    else
        create_refused(bundle,
                       "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV requires Linux 5.19, this is ");
}

TEST_CASE("seccomp: without its agent a container is not created") {
    need_root();
    const Host host;
    json profile = but({notify({"getppid"})});
    profile["listenerPath"] = "/nowhere/agent.sock";
    Calls bundle(profile, {call(__NR_getppid)});
    Container container(bundle);
    container.global_options = bare_errors();
    const Outcome outcome = container.run();
    refused_with(outcome,
                 "failed to connect with seccomp agent at /nowhere/agent.sock: connect: no such "
                 "file or directory (config.json: /linux/seccomp/listenerPath)");
    CHECK(container.status().empty());
}

}  // namespace
}  // namespace crux::test
