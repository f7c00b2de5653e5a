#include "runtime/seccomp/cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/seccomp/cache_entry.h"
#include "runtime/seccomp/compile.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/time.h"
#include "tests/support/catch.h"

namespace crux::seccomp {
namespace {

using oci::SeccompAction;
using oci::SeccompArch;

oci::Seccomp profile(std::vector<std::string> names) {
    oci::Seccomp made;
    made.default_action = SeccompAction::errno_;
    made.syscalls = {
        {.names = std::move(names), .action = SeccompAction::allow, .errno_ret = {}, .args = {}}};
    return made;
}

/// A private state root with an open cache, removed at the end.
class Scratch {
 public:
    Scratch() {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
        root_ = sys::Fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        auto opened = open_cache(root_);
        REQUIRE(opened);
        cache = std::move(*opened);
    }
    ~Scratch() {
        for (const std::string& name : names()) ::unlinkat(cache.get(), name.c_str(), 0);
        ::unlinkat(root_.get(), kCacheDirectory, AT_REMOVEDIR);
        ::rmdir(path_.c_str());
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> all;
        const sys::Fd walk(::openat(cache.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        const auto walked = sys::for_each_entry(
            walk, [&all](const sys::Entry& entry) { all.emplace_back(entry.name); });
        CHECK(walked);
        return all;
    }
    void put(const std::string& name, std::string_view content, mode_t mode = 0600) const {
        ::unlinkat(cache.get(), name.c_str(), 0);
        const sys::Fd file(
            ::openat(cache.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
        REQUIRE(sys::write_all(file, content));
    }
    [[nodiscard]] std::string content(const std::string& name) const {
        return sys::read_file(cache, name).value_or("");
    }
    /// Sets the time of the entry's last use to that many seconds ago.
    void age(const std::string& name, long seconds) const {
        struct ::timespec now{};
        ::clock_gettime(CLOCK_REALTIME, &now);
        now.tv_sec -= seconds;
        const struct ::timespec times[2] = {now, now};
        REQUIRE(::utimensat(cache.get(), name.c_str(), times, 0) == 0);
    }
    [[nodiscard]] struct ::stat facts(const std::string& name) const {
        struct ::stat found{};
        REQUIRE(::fstatat(cache.get(), name.c_str(), &found, 0) == 0);
        return found;
    }

    sys::Fd cache;

 private:
    std::string path_ = "/tmp/crux-seccomp-XXXXXX";
    sys::Fd root_;
};

BpfProgram cached(const oci::Seccomp& wanted, const Scratch& scratch) {
    Result<BpfProgram> program = compile_cached(wanted, scratch.cache);
    if (!program) FAIL(program.error().message());
    return std::move(*program);
}

TEST_CASE("a stored program is the same as a compiled one", "[kernel]") {
    const Scratch scratch;
    const oci::Seccomp wanted = profile({"read", "no_such_call", "write", "nor_this"});
    const BpfProgram fresh = *compile(wanted);
    for (int turn = 0; turn < 2; ++turn) {
        CAPTURE(turn);
        const BpfProgram got = cached(wanted, scratch);
        CHECK(got.instructions == fresh.instructions);
        CHECK(got.flags == fresh.flags);
        CHECK(got.unknown_syscalls == std::vector<std::string>{"no_such_call", "nor_this"});
        CHECK(got.cache_warning.empty());
        CHECK(scratch.names().size() == 1);
    }
}

TEST_CASE("a hit takes its program from the entry", "[kernel]") {
    const Scratch scratch;
    const oci::Seccomp wanted = profile({"read"});
    cached(wanted, scratch);
    const std::string name = scratch.names().at(0);
    // A valid entry with other content under the same key shows where the result comes from.
    const std::string old = scratch.content(name);
    Sha256::Digest key{};
    std::memcpy(key.data(), old.data() + 16, key.size());
    REQUIRE(hex(key) == name);
    const Filter marked{.instructions = {{6, 0, 0, 0x7fff0000}}, .unknown_syscalls = {"marked"}};
    scratch.put(name, encode_entry(key, marked));
    CHECK(cached(wanted, scratch).instructions == marked.instructions);
}

TEST_CASE("flags, listener and metadata are not part of the entry but of the answer", "[kernel]") {
    const Scratch scratch;
    oci::Seccomp wanted = profile({"read"});
    wanted.syscalls.push_back(
        {.names = {"chmod"}, .action = SeccompAction::notify, .errno_ret = {}, .args = {}});
    wanted.listener_path = "/run/agent.sock";
    const BpfProgram first = cached(wanted, scratch);
    wanted.flags = std::vector{oci::SeccompFlag::log};
    wanted.listener_metadata = "other";
    const BpfProgram second = cached(wanted, scratch);
    CHECK(scratch.names().size() == 1);
    CHECK(first.flags != second.flags);
    CHECK(second.wants_listener);
    wanted.listener_path.clear();
    CHECK(compile_cached(wanted, scratch.cache).error().pointer() == "/linux/seccomp/listenerPath");
}

TEST_CASE("whatever the filter depends on changes the key") {
    const auto key = [](const oci::Seccomp& wanted) { return hex(cache_key(wanted, "6.1")); };
    const oci::SeccompArg arg{
        .index = 1, .value = 2, .value_two = 3, .op = oci::SeccompOperator::eq};
    oci::Seccomp base = profile({"read", "write"});
    base.syscalls[0].args = {arg};
    std::vector<std::string> keys{key(base), hex(cache_key(base, "6.2"))};
    const auto vary = [&](auto change) {
        oci::Seccomp varied = base;
        change(varied);
        keys.push_back(key(varied));
    };
    vary([](oci::Seccomp& p) { p.default_action = SeccompAction::kill; });
    vary([](oci::Seccomp& p) { p.default_errno_ret = ENOSYS; });
    vary([](oci::Seccomp& p) { p.architectures = {SeccompArch::x86}; });
    vary([](oci::Seccomp& p) { p.architectures = {SeccompArch::x32}; });
    vary([](oci::Seccomp& p) { p.syscalls[0].names = {"readwrite"}; });
    vary([](oci::Seccomp& p) { p.syscalls[0].names = {"rea", "dwrite"}; });
    vary([](oci::Seccomp& p) { p.syscalls[0].names = {"write", "read"}; });
    vary([](oci::Seccomp& p) { p.syscalls[0].action = SeccompAction::log; });
    vary([](oci::Seccomp& p) {
        p.syscalls[0].action = SeccompAction::errno_;
        p.syscalls[0].errno_ret = 5;
    });
    vary([](oci::Seccomp& p) { p.syscalls[0].args.clear(); });
    vary([](oci::Seccomp& p) { p.syscalls[0].args[0].index = 2; });
    vary([](oci::Seccomp& p) { p.syscalls[0].args[0].value = 4; });
    vary([](oci::Seccomp& p) { p.syscalls[0].args[0].value_two = 4; });
    vary([](oci::Seccomp& p) { p.syscalls[0].args[0].op = oci::SeccompOperator::ne; });
    vary([](oci::Seccomp& p) { p.syscalls.push_back(p.syscalls[0]); });
    std::ranges::sort(keys);
    CHECK(std::ranges::adjacent_find(keys) == keys.end());
}

TEST_CASE("what does not change the filter does not change the key") {
    oci::Seccomp base = profile({"read"});
    const Sha256::Digest key = cache_key(base, "6.1");
    base.default_errno_ret = EPERM;
    CHECK(cache_key(base, "6.1") == key);
    base.flags = std::vector{oci::SeccompFlag::log};
    base.listener_path = "/run/agent.sock";
    CHECK(cache_key(base, "6.1") == key);
}

TEST_CASE("an entry with any byte changed, cut or added is not an entry") {
    const Sha256::Digest key = cache_key(profile({"read"}), "6.1");
    const Filter filter{.instructions = {{6, 0, 0, 0x7fff0000}, {6, 0, 0, 0}},
                        .unknown_syscalls = {"a", "bc"}};
    const std::string entry = encode_entry(key, filter);
    REQUIRE(decode_entry(key, entry) == filter);
    for (std::size_t at = 0; at < entry.size(); ++at) {
        CAPTURE(at);
        std::string damaged = entry;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        CHECK(!decode_entry(key, damaged));
        CHECK(!decode_entry(key, entry.substr(0, at)));
    }
    CHECK(!decode_entry(key, entry + '\0'));
    CHECK(!decode_entry(cache_key(profile({"write"}), "6.1"), entry));
    CHECK(!decode_entry(key, encode_entry(key, {})));
}

TEST_CASE("a damaged, foreign or strange entry is replaced", "[kernel]") {
    const Scratch scratch;
    const oci::Seccomp wanted = profile({"read"});
    const BpfProgram fresh = cached(wanted, scratch);
    const std::string name = scratch.names().at(0);
    const std::string good = scratch.content(name);
    const auto spoil = [&](int kind) {
        switch (kind) {
            case 0:
                return scratch.put(name, "");
            case 1:
                return scratch.put(name, std::string(good.size(), 'x'));
            case 2:
                scratch.put(name, good);
                REQUIRE(::fchmodat(scratch.cache.get(), name.c_str(), 0666, 0) == 0);
                return;
            case 3:
                REQUIRE(::unlinkat(scratch.cache.get(), name.c_str(), 0) == 0);
                REQUIRE(::symlinkat("/etc/passwd", scratch.cache.get(), name.c_str()) == 0);
                return;
            case 4:
                REQUIRE(::unlinkat(scratch.cache.get(), name.c_str(), 0) == 0);
                REQUIRE(::mkfifoat(scratch.cache.get(), name.c_str(), 0600) == 0);
                return;
        }
    };
    for (int kind = 0; kind < 5; ++kind) {
        CAPTURE(kind);
        spoil(kind);
        const BpfProgram got = cached(wanted, scratch);
        CHECK(got.instructions == fresh.instructions);
        CHECK(got.cache_warning.empty());
        CHECK(scratch.content(name) == good);
        CHECK(scratch.facts(name).st_mode == (S_IFREG | 0600));
        CHECK(scratch.facts(name).st_uid == ::geteuid());
        CHECK(scratch.names().size() == 1);
    }
}

TEST_CASE("a directory that others own or may enter is not used", "[kernel]") {
    const Scratch scratch;
    const oci::Seccomp wanted = profile({"read"});
    const auto told = [&] {
        const BpfProgram program = cached(wanted, scratch);
        CHECK(program.instructions == compile(wanted)->instructions);
        CHECK(scratch.names().empty());
        return program.cache_warning;
    };
    REQUIRE(::fchmod(scratch.cache.get(), 0750) == 0);
    CHECK(told() == "seccomp cache: the directory is accessible to other users");
    REQUIRE(::fchmod(scratch.cache.get(), 0700) == 0);
    if (::geteuid() != 0) return;
    REQUIRE(::fchown(scratch.cache.get(), 1234, 0) == 0);
    CHECK(told() == "seccomp cache: the directory is owned by user 1234");
}

TEST_CASE("something else in the place of the cache's directory is refused") {
    std::string path = "/tmp/crux-seccomp-XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    const sys::Fd root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(::symlinkat("/tmp", root.get(), kCacheDirectory) == 0);
    const auto opened = open_cache(root);
    CHECK(!opened);
    ::unlinkat(root.get(), kCacheDirectory, 0);
    ::rmdir(path.c_str());
}

TEST_CASE("a cache that cannot be written still gives the program and says why", "[kernel]") {
    const oci::Seccomp wanted = profile({"read"});
    // A removed directory accepts no new entries.
    std::string path = "/tmp/crux-seccomp-XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    const sys::Fd removed(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(::rmdir(path.c_str()) == 0);
    const Result<BpfProgram> program = compile_cached(wanted, removed);
    REQUIRE(program);
    CHECK(program->instructions == compile(wanted)->instructions);
    CHECK(program->cache_warning == "seccomp cache: openat2: no such file or directory");
}

TEST_CASE("no more than the latest entries are kept", "[kernel]") {
    const Scratch scratch;
    const auto digest_name = [](std::size_t number) { return cat(number, "-entry"); };
    for (std::size_t i = 0; i < kMaxCacheEntries + 5; ++i) {
        scratch.put(digest_name(i), "old");
        scratch.age(digest_name(i), 100'000 - static_cast<long>(i));
    }
    // Left by processes that died, one of them very recently. The clock of files has jumped.
    const std::uint64_t now = sys::monotonic_ns();
    const std::string old =
        cat("new-1-", now < 100'000'000'000 ? UINT64_MAX : now - 100'000'000'000);
    const std::string recent = cat("new-2-", now);
    scratch.put(old, "half");
    scratch.age(old, -100'000);
    scratch.put(recent, "half");
    scratch.age(recent, 100'000);
    scratch.put("new-3-x", "half");
    cached(profile({"read"}), scratch);

    const std::vector<std::string> left = scratch.names();
    const auto there = [&left](const std::string& name) {
        return std::ranges::find(left, name) != left.end();
    };
    CHECK(left.size() == kMaxCacheEntries + 1);
    CHECK(!there(old));
    CHECK(!there("new-3-x"));
    CHECK(there(recent));
    for (std::size_t i = 0; i < kMaxCacheEntries + 5; ++i) {
        CAPTURE(i);
        CHECK(there(digest_name(i)) == (i >= 6));
    }
}

TEST_CASE("a hit renews an entry that was not used for long, and only then", "[kernel]") {
    const Scratch scratch;
    const oci::Seccomp wanted = profile({"read"});
    cached(wanted, scratch);
    const std::string name = scratch.names().at(0);
    scratch.age(name, 7200);
    cached(wanted, scratch);
    CHECK(::time(nullptr) - scratch.facts(name).st_mtime < 100);
    scratch.age(name, 1800);
    cached(wanted, scratch);
    CHECK(::time(nullptr) - scratch.facts(name).st_mtime > 1000);
}

TEST_CASE("a profile that fails leaves nothing in the cache", "[kernel]") {
    const Scratch scratch;
    oci::Seccomp wanted = profile({"read"});
    wanted.default_action = SeccompAction::kill;
    wanted.default_errno_ret = 1;
    CHECK(!compile_cached(wanted, scratch.cache));
    CHECK(scratch.names().empty());
}

TEST_CASE("a profile whose entry would be very large is not kept", "[kernel]") {
    const Scratch scratch;
    std::vector<std::string> names{"read"};
    for (int i = 0; i < 10; ++i) names.emplace_back(kMaxEntryBytes / 8, static_cast<char>('a' + i));
    const BpfProgram program = cached(profile(std::move(names)), scratch);
    CHECK(program.unknown_syscalls.size() == 10);
    CHECK(program.cache_warning ==
          "seccomp cache: the profile contains too many unknown system calls");
    CHECK(scratch.names().empty());
}

}  // namespace
}  // namespace crux::seccomp
