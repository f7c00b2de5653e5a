#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>

#include "runtime/base/text.h"
#include "runtime/cgroup/group.h"
#include "runtime/host/read.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "tests/support/catch.h"
#include "tests/support/facts.h"

using namespace crux;
using namespace crux::cgroup;

// The host's own hierarchies, in cgroups named after this process.

namespace {

std::string failure(const Status& status) {
    return status ? "none" : status.error().message();
}

/// A cgroup of this host for one test, which can run code in it.
class HostGroup {
 public:
    explicit HostGroup(const std::string& name, const oci::Resources& resources = {}) {
        test::need_root();
        if (test::cgroup_mode() == test::CgroupMode::none) test::skip("no cgroup is mounted");
        auto layout = host::read_cgroup_layout();
        REQUIRE(layout);
        auto dirs = dirs_for(*layout, "", cat("crux-test-", ::getpid(), "-", name));
        REQUIRE(dirs);
        dirs_ = *dirs;
        set_limits(resources, Devices::apply);
        auto group = Group::create(dirs_, limits_);
        INFO((group ? "" : group.error().message()));
        REQUIRE(group);
        group_.emplace(std::move(*group));
        REQUIRE(failure(apply()) == "none");
    }
    ~HostGroup() {
        if (!group_) return;
        (void)group_->kill_all(5000);
        for (pid_t child : children_) ::waitpid(child, nullptr, 0);
        (void)group_->remove(group_->made_ancestors());
    }
    HostGroup(const HostGroup&) = delete;
    HostGroup& operator=(const HostGroup&) = delete;

    Group* operator->() { return &*group_; }
    [[nodiscard]] const std::vector<CgroupDir>& dirs() const { return dirs_; }

    /// Applies other limits, as an update does.
    Status update(const oci::Resources& resources, Devices devices = Devices::keep) {
        set_limits(resources, devices);
        return apply();
    }

    /// Starts a child that enters the cgroup like init, and then runs the function.
    template <class Run>
    pid_t start(Run body) {
        std::vector<sys::Fd> tasks;
        for (std::uint32_t i = 0; i < dirs_.size(); ++i) {
            if (dirs_[i].version != 1) continue;
            auto file = group_->open_tasks(i);
            REQUIRE(file);
            tasks.push_back(std::move(*file));
        }
        auto unified = group_->unified();
        REQUIRE(unified);
        auto entered = sys::pipe2();
        REQUIRE(entered);
        struct ::clone_args arguments = {};
        arguments.exit_signal = SIGCHLD;
        if (unified->get() >= 0) {
            arguments.flags = CLONE_INTO_CGROUP;
            arguments.cgroup = static_cast<std::uint64_t>(unified->get());
        }
        auto child = sys::clone3(arguments);
        REQUIRE(child);
        if (*child == 0) {
            for (const sys::Fd& file : tasks)
                if (::write(file.get(), "0", 1) != 1) ::_exit(99);
            if (::write(entered->write.get(), "x", 1) != 1) ::_exit(99);
            ::_exit(body());
        }
        children_.push_back(*child);
        char byte = 0;
        auto count = sys::read(entered->read, {&byte, 1});
        REQUIRE(count);
        REQUIRE(*count == 1);
        return *child;
    }

    /// Runs the function in the cgroup and returns its exit status, or minus its signal.
    template <class Run>
    int run(Run body) {
        pid_t child = start(body);
        children_.pop_back();
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    }

    /// A file of the cgroup in the hierarchy of the controller.
    std::string read(std::string_view controller, std::string_view file) {
        auto text = sys::read_file(path(controller, file));
        return text ? std::string(trimmed(*text)) : cat("error ", text.error().value);
    }

    [[nodiscard]] bool has(std::string_view controller) const {
        return find_dir(dirs_, controller, controller) >= 0;
    }
    void need(const std::string& controller) const {
        if (!has(controller)) test::skip("no v1 hierarchy has " + controller);
    }

    std::vector<Warning> warnings;

 private:
    void set_limits(const oci::Resources& resources, Devices devices) {
        auto limits = limits_for(resources, dirs_, {.devices = devices});
        INFO((limits ? "" : limits.error().message()));
        REQUIRE(limits);
        limits_ = *limits;
    }
    Status apply() { return group_->apply(limits_, warnings); }

    std::string path(std::string_view controller, std::string_view file) {
        int dir = controller.empty() ? unified_dir(dirs_) : find_dir(dirs_, controller, controller);
        REQUIRE(dir >= 0);
        return cat(dirs_[static_cast<std::size_t>(dir)].directory(), "/", file);
    }

    std::vector<CgroupDir> dirs_;
    Limits limits_;
    std::optional<Group> group_;
    std::vector<pid_t> children_;
};

oci::Resources memory(std::int64_t limit, std::optional<std::int64_t> swap = {}) {
    oci::Resources resources;
    resources.memory.limit = limit;
    resources.memory.swap = swap;
    return resources;
}

int sleep_forever() {
    for (;;) ::pause();
}

oci::DeviceRule rule(bool allow, std::optional<std::uint32_t> minor = {},
                     oci::DeviceAccess access = oci::kDeviceAllAccess) {
    if (!minor) return {.allow = allow, .major = {}, .minor = {}};
    return {.allow = allow,
            .type = oci::DeviceType::character,
            .major = 1,
            .minor = minor,
            .access = access};
}

/// 0 if the device can be opened in this way, else the errno.
int open_device(const char* path, int flags) {
    int file = ::open(path, flags | O_CLOEXEC);
    return file >= 0 ? 0 : errno;
}

}  // namespace

TEST_CASE("a process that enters is in the cgroup of every hierarchy", "[kernel]") {
    HostGroup group("enter");
    pid_t child = group.start(sleep_forever);
    for (const CgroupDir& dir : group.dirs()) {
        INFO(dir.directory());
        auto procs = sys::read_file(dir.directory() + "/cgroup.procs");
        REQUIRE(procs);
        CHECK(trimmed(*procs) == cat(child));
    }
    auto pids = group->processes();
    REQUIRE(pids);
    CHECK(*pids == std::vector<pid_t>{child});
    auto populated = group->populated();
    REQUIRE(populated);
    CHECK(*populated);
    auto again = Group::create(group.dirs(), {});
    REQUIRE(!again);
    CHECK(again.error().message() == "container's cgroup is not empty: 1 process(es) found");
}

TEST_CASE("a process that is in some hierarchies only is found and killed, too", "[kernel]") {
    HostGroup group("half");
    pid_t child = ::fork();
    if (child == 0) sleep_forever();
    // The hierarchy that has no other of the container's directories.
    REQUIRE(sys::write_file(group.dirs().front().directory() + "/cgroup.procs", cat(child)));
    auto pids = group->processes();
    REQUIRE(pids);
    CHECK(*pids == std::vector<pid_t>{child});
    CHECK(failure(group->kill_all(5000)) == "none");
    int status = 0;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
}

TEST_CASE("killing all leaves no process, and removing leaves no directory", "[kernel]") {
    HostGroup group("kill");
    auto tree = [] {
        // Eight processes that start while they are killed.
        for (int i = 0; i < 3; ++i) ::fork();
        return sleep_forever();
    };
    for (int i = 0; i < 4; ++i) group.start(tree);
    CHECK(failure(group->kill_all(5000)) == "none");
    auto pids = group->processes();
    REQUIRE(pids);
    CHECK(pids->empty());
    CHECK(failure(group->remove()) == "none");
    for (const CgroupDir& dir : group.dirs()) CHECK(!std::filesystem::exists(dir.directory()));
    CHECK(failure(group->kill_all(100)) == "none");
    CHECK(failure(group->remove()) == "none");
}

TEST_CASE("a frozen container is reported, can be killed, and thaws when it is empty", "[kernel]") {
    HostGroup group("freeze");
    pid_t child = group.start(sleep_forever);
    CHECK(failure(group->freeze()) == "none");
    auto state = group->freezer_state();
    REQUIRE(state);
    CHECK(*state == FreezerState::frozen);
    CHECK(failure(group->thaw()) == "none");
    state = group->freezer_state();
    REQUIRE(state);
    CHECK(*state == FreezerState::thawed);
    CHECK(failure(group->freeze()) == "none");
    CHECK(failure(group->kill_all(5000)) == "none");
    int status = 0;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(failure(group->freeze()) == "none");
    auto refused = Group::create(group.dirs(), {});
    REQUIRE(!refused);
    CHECK(refused.error().message() == "container's cgroup unexpectedly frozen");
    CHECK(failure(group->thaw()) == "none");
}

TEST_CASE("only the devices that the rules allow can be opened", "[kernel]") {
    oci::Resources resources;
    resources.devices = {rule(false), rule(true, 11, oci::kDeviceRead)};
    HostGroup group("devices", resources);
    if (::access("/dev/kmsg", F_OK) != 0) test::skip("no /dev/kmsg");
    CHECK(group.run([] { return open_device("/dev/null", O_RDWR); }) == 0);
    CHECK(group.run([] { return open_device("/dev/kmsg", O_RDONLY | O_NONBLOCK); }) == 0);
    CHECK(group.run([] { return open_device("/dev/kmsg", O_WRONLY); }) == EPERM);
    CHECK(group.run([] {
        const char* name = "/tmp/crux-test-cgroup-node";
        ::unlink(name);
        if (::mknod(name, S_IFCHR | 0600, ::makedev(10, 237)) != 0) return errno;
        int result = open_device(name, O_RDONLY);
        ::unlink(name);
        return result;
    }) == EPERM);
}

TEST_CASE("a device program is attached to the unified hierarchy and replaced in one step",
          "[kernel]") {
    HostGroup group("program");
    int dir = unified_dir(group.dirs());
    if (dir < 0) test::skip("no unified hierarchy");
    // As without a v1 controller: only the program decides.
    std::vector<CgroupDir> unified = {group.dirs()[static_cast<std::size_t>(dir)]};
    auto attach = [&](const std::vector<oci::DeviceRule>& rules) {
        oci::Resources resources;
        resources.devices = rules;
        auto limits = limits_for(resources, unified);
        REQUIRE(limits);
        REQUIRE(limits->device_program);
        auto same = Group::open(unified);
        REQUIRE(same);
        std::vector<Warning> warnings;
        return failure(same->apply(*limits, warnings));
    };
    auto zero = [&] { return group.run([] { return open_device("/dev/zero", O_RDONLY); }); };
    auto full = [&] { return group.run([] { return open_device("/dev/full", O_RDONLY); }); };
    CHECK(zero() == 0);
    CHECK(attach({rule(false), rule(false, 5)}) == "none");
    CHECK(zero() == EPERM);
    CHECK(full() == 0);
    CHECK(attach({rule(false), rule(false, 7)}) == "none");
    CHECK(zero() == 0);
    CHECK(full() == EPERM);
    CHECK(attach({rule(true)}) == "none");
    CHECK(full() == 0);
}

TEST_CASE("memory and its sum with swap are raised and lowered in the order that the kernel takes",
          "[kernel]") {
    constexpr std::int64_t kMiB = 1 << 20;
    HostGroup group("memory", memory(32 * kMiB, 64 * kMiB));
    group.need("memory");
    if (test::cgroup_mode() == test::CgroupMode::v2)
        test::skip("cgroup v2 requires no order of these writes");
    if (group.read("memory", "memory.memsw.limit_in_bytes").starts_with("error"))
        test::skip("no swap accounting");
    auto now = [&] {
        return cat(group.read("memory", "memory.limit_in_bytes"), " ",
                   group.read("memory", "memory.memsw.limit_in_bytes"));
    };
    CHECK(now() == cat(32 * kMiB, " ", 64 * kMiB));
    CHECK(failure(group.update(memory(100 * kMiB, 128 * kMiB))) == "none");
    CHECK(now() == cat(100 * kMiB, " ", 128 * kMiB));
    CHECK(failure(group.update(memory(8 * kMiB, 8 * kMiB))) == "none");
    CHECK(now() == cat(8 * kMiB, " ", 8 * kMiB));
    CHECK(failure(group.update(memory(-1))) == "none");
    CHECK(now() == "9223372036854771712 9223372036854771712");
}

TEST_CASE("a process killed by the OOM killer is counted", "[kernel]") {
    constexpr std::size_t kWanted = std::size_t{64} << 20U;
    HostGroup group("oom", memory(8 << 20, 8 << 20));
    auto before = group->oom_kills();
    REQUIRE(before);
    CHECK(*before == 0);
    CHECK(group.run([] {
        void* block =
            ::mmap(nullptr, kWanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED) return 1;
        std::memset(block, 1, kWanted);
        return 0;
    }) == -SIGKILL);
    auto after = group->oom_kills();
    REQUIRE(after);
    CHECK(*after == 1);
}

TEST_CASE("a memory limit below what is in use is refused with the numbers", "[kernel]") {
    HostGroup group("busy", memory(256 << 20));
    if (test::cgroup_mode() == test::CgroupMode::v2)
        test::skip("cgroup v2 kills processes instead of refusing the limit");
    int ready[2];
    REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
    group.start([&] {
        constexpr std::size_t kSize = std::size_t{32} << 20U;
        void* block = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
        if (block == MAP_FAILED || ::mlock(block, kSize) != 0) return 1;
        if (::write(ready[1], "x", 1) != 1) return 1;
        return sleep_forever();
    });
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    std::string text = failure(group.update(memory(4 << 20)));
    CHECK_THAT(text, Catch::Contains("unable to set memory limit to 4194304 (current usage: "));
    CHECK_THAT(text, Catch::EndsWith("(config.json: /linux/resources/memory/limit)"));
}

TEST_CASE("quota, period and burst can change in either direction", "[kernel]") {
    auto cpu = [](std::int64_t quota, std::uint64_t period, std::uint64_t burst) {
        oci::Resources resources;
        resources.cpu.quota = quota;
        resources.cpu.period = period;
        resources.cpu.burst = burst;
        return resources;
    };
    HostGroup group("cpu", cpu(50000, 100000, 20000));
    if (!group.has("cpu")) test::skip("no cpu controller");
    bool v2 = test::cgroup_mode() == test::CgroupMode::v2;
    if (!test::kernel_is_at_least(5, 14)) {
        CHECK(group.warnings.size() == 1);
        test::skip("the CPU burst requires Linux 5.14");
    }
    auto now = [&] {
        if (v2) return cat(group.read("cpu", "cpu.max"), " ", group.read("cpu", "cpu.max.burst"));
        return cat(group.read("cpu", "cpu.cfs_quota_us"), " ",
                   group.read("cpu", "cpu.cfs_period_us"), " ",
                   group.read("cpu", "cpu.cfs_burst_us"));
    };
    CHECK(now() == "50000 100000 20000");
    CHECK(failure(group.update(cpu(5000, 10000, 5000))) == "none");
    CHECK(now() == "5000 10000 5000");
    CHECK(failure(group.update(cpu(500000, 1000000, 400000))) == "none");
    CHECK(now() == "500000 1000000 400000");
    CHECK(group.warnings.empty());
}

TEST_CASE("a limit of processes stops the fork that is one too many", "[kernel]") {
    oci::Resources resources;
    resources.pids.limit = 2;
    HostGroup group("pids", resources);
    if (!group.has("pids")) test::skip("no pids controller");
    CHECK(group.run([] {
        pid_t first = ::fork();
        if (first == 0) sleep_forever();
        pid_t second = ::fork();
        int result = second < 0 ? errno : 0;
        if (second == 0) ::_exit(0);
        ::kill(first, SIGKILL);
        return result;
    }) == EAGAIN);
}

TEST_CASE("a value that the kernel refuses is an error with file, value and pointer", "[kernel]") {
    HostGroup group("refused");
    if (!group.has("cpu")) test::skip("no cpu controller");
    oci::Resources resources;
    resources.cpu.quota = 10;
    std::string text = failure(group.update(resources));
    CHECK_THAT(text, Catch::Contains("to \"10\": write: invalid argument (config.json: "
                                     "/linux/resources/cpu/quota)"));
    CHECK_THAT(text, Catch::StartsWith("set /sys/fs/cgroup/"));
}

TEST_CASE("a nested path is made with filled cpusets and removed with its ancestors", "[kernel]") {
    test::need_root();
    auto layout = host::read_cgroup_layout();
    REQUIRE(layout);
    std::string top = cat("crux-test-", ::getpid(), "-nested");
    auto dirs = dirs_for(*layout, cat("/", top, "/b/c"), "id");
    REQUIRE(dirs);
    if (dirs->empty()) test::skip("no cgroup is mounted");
    auto group = Group::create(*dirs, {});
    INFO((group ? "" : group.error().message()));
    REQUIRE(group);
    int cpuset = find_dir(*dirs, "cpuset", "-");
    if (cpuset >= 0) {
        const CgroupDir& dir = (*dirs)[static_cast<std::size_t>(cpuset)];
        for (const char* file : {"cpuset.cpus", "cpuset.mems"}) {
            auto top_text = sys::read_file(cat(dir.mountpoint, "/", file));
            auto text = sys::read_file(cat(dir.directory(), "/", file));
            REQUIRE(top_text);
            REQUIRE(text);
            CHECK(*text == *top_text);
            CHECK(!trimmed(*text).empty());
        }
    }
    CHECK(failure(group->remove(group->made_ancestors())) == "none");
    for (const CgroupDir& dir : *dirs) {
        INFO(dir.mountpoint);
        CHECK(!std::filesystem::exists(cat(dir.mountpoint, "/", top)));
    }
}

TEST_CASE("cgroups that the container made itself are removed with it", "[kernel]") {
    HostGroup group("inner");
    for (const CgroupDir& dir : group.dirs())
        REQUIRE(std::filesystem::create_directories(dir.directory() + "/a/b/c"));
    CHECK(failure(group->remove()) == "none");
    for (const CgroupDir& dir : group.dirs()) CHECK(!std::filesystem::exists(dir.directory()));
}

TEST_CASE("destroying kills what is left and leaves no directory", "[kernel]") {
    HostGroup group("destroy");
    pid_t child = group.start(sleep_forever);
    CHECK(failure(group->destroy()) == "none");
    for (const CgroupDir& dir : group.dirs()) CHECK(!std::filesystem::exists(dir.directory()));
    int status = 0;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(WTERMSIG(status) == SIGKILL);
}

TEST_CASE("the cgroup of a process of the container is found, below its own or elsewhere",
          "[kernel]") {
    HostGroup group("below");
    int dir = unified_dir(group.dirs());
    if (dir < 0) test::skip("no unified hierarchy");
    pid_t child = group.start(sleep_forever);
    std::string directory = group.dirs()[static_cast<std::size_t>(dir)].directory();
    auto found_at = [&](pid_t pid) {
        auto opened = group->open_unified_of(pid);
        INFO((opened ? "" : opened.error().message()));
        REQUIRE(opened);
        auto link = sys::readlinkat(sys::FdRef::cwd(), cat("/proc/self/fd/", opened->get()));
        REQUIRE(link);
        return *link;
    };
    CHECK(found_at(child) == directory);
    REQUIRE(std::filesystem::create_directories(directory + "/a/b"));
    REQUIRE(sys::write_file(directory + "/a/b/cgroup.procs", cat(child)));
    CHECK(found_at(child) == directory + "/a/b");
    HostGroup elsewhere("elsewhere");
    const pid_t other = elsewhere.start(sleep_forever);
    CHECK(found_at(other) == elsewhere.dirs()[static_cast<std::size_t>(dir)].directory());
}

TEST_CASE("every controller of the unified hierarchy reaches a container on v2", "[kernel]") {
    HostGroup group("controllers");
    if (test::cgroup_mode() != test::CgroupMode::v2) test::skip("needs a host with cgroup v2");
    auto top = sys::read_file("/sys/fs/cgroup/cgroup.controllers");
    REQUIRE(top);
    CHECK(group.read("", "cgroup.controllers") == trimmed(*top));
}

TEST_CASE("below a cgroup that has processes only a limit makes a threaded subtree", "[kernel]") {
    if (test::cgroup_mode() != test::CgroupMode::v2) test::skip("needs a host with cgroup v2");
    HostGroup outer("outer");
    outer.start(sleep_forever);
    HostGroup inner("outer/inner");
    CHECK(outer.read("", "cgroup.type") == "domain");
    CHECK(inner.read("", "cgroup.type") == "domain");
    CHECK(inner.run([] { return 7; }) == 7);

    oci::Resources resources;
    resources.cpu.shares = 512;
    HostGroup limited("outer/limited", resources);
    CHECK(outer.read("", "cgroup.type") == "domain threaded");
    CHECK(limited.read("", "cpu.weight") == "59");
    CHECK(limited.run([] { return 7; }) == 7);
}

TEST_CASE("limits of v2 are in the files after they were applied", "[kernel]") {
    oci::Resources resources = memory(64 << 20, 96 << 20);
    resources.memory.reservation = 32 << 20;
    resources.cpu.shares = 512;
    resources.cpu.cpus = "0";
    resources.pids.limit = 0;
    resources.unified = {{"memory.high", "50331648"}};
    if (test::cgroup_mode() != test::CgroupMode::v2) test::skip("needs a host with cgroup v2");
    HostGroup group("values", resources);
    CHECK(group.read("", "memory.max") == "67108864");
    CHECK(group.read("", "memory.low") == "33554432");
    CHECK(group.read("", "memory.high") == "50331648");
    CHECK(group.read("", "cpu.weight") == "59");
    CHECK(group.read("", "cpuset.cpus") == "0");
    CHECK(group.read("", "pids.max") == "1");
    CHECK(group.run([] { return 7; }) == 7);
}

TEST_CASE("what a container uses is counted", "[kernel]") {
    HostGroup group("stats", memory(64 << 20));
    CHECK(group.run([] {
        for (int i = 0; i < 200000; ++i) (void)::getppid();
        return 0;
    }) == 0);
    Stats stats = group->stats();
    CHECK(stats.cpu.total > 0);
    CHECK(stats.memory.memory.limit == 64 << 20);
    // v2 reports the peak since Linux 5.19.
    if (test::cgroup_mode() != test::CgroupMode::v2 || test::kernel_is_at_least(5, 19))
        CHECK(stats.memory.memory.max > 0);
    CHECK(!stats.memory.raw.empty());
    CHECK(stats.pids.current == 0);
}

TEST_CASE("a cgroup with a process stays, and that is an error within a bound", "[kernel]") {
    HostGroup group("stays");
    group.start(sleep_forever);
    std::string text = failure(group->remove());
    CHECK_THAT(text, Catch::StartsWith("remove cgroup /sys/fs/cgroup/"));
    CHECK_THAT(text, Catch::EndsWith("rmdir: device or resource busy"));
}
