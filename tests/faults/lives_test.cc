// Many containers, one after the other and many at once: each runs, nothing is left, and what the
// kernel holds for them does not grow.

#include <filesystem>
#include <iostream>
#include <map>
#include <sstream>

#include "tests/faults/victim.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

/// What the kernel holds: a number for each kind of object that containers use.
std::map<std::string, long> kernel_objects() {
    std::map<std::string, long> found;
    long files = 0;
    std::istringstream(read_file("/proc/sys/fs/file-nr")) >> files;
    found["open files"] = files;
    found["mounts"] = static_cast<long>(lines_of(read_file("/proc/self/mountinfo")).size());
    for (const std::string& line : lines_of(read_file("/proc/cgroups"))) {
        std::istringstream words(line);
        std::string name;
        long hierarchy = 0;
        long count = 0;
        if (words >> name >> hierarchy >> count) found["cgroups of " + name] = count;
    }
    for (const std::string& line : lines_of(read_file("/proc/key-users"))) {
        std::istringstream words(line);
        std::string user;
        long uses = 0;
        if (words >> user >> uses && user == "0:") found["keyrings"] = uses;
    }
    long processes = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc"))
        if (std::isdigit(static_cast<unsigned char>(entry.path().filename().string()[0])) != 0)
            ++processes;
    found["processes"] = processes;
    return found;
}

/// What other work on the host may have at the end more than at the begin; the kernel frees some
/// objects late, too. The long form has more lives than this.
long others(const std::string& name) {
    return name == "open files" || name == "processes" ? 1000 : 100;
}

/// Empty if no kind has grown by more than what other work may have; else the kind that has.
std::string growth(const std::map<std::string, long>& before) {
    std::string grown;
    (void)eventually([&] {
        grown.clear();
        reap_orphans();
        for (const auto& [name, count] : kernel_objects())
            if (const auto at = before.find(name);
                at != before.end() && count > at->second + others(name))
                grown += name + ": " + std::to_string(at->second) + ", then " +
                         std::to_string(count) + "\n";
        return grown.empty();
    });
    return grown;
}

TEST_CASE("many lives of one container after the other leave nothing") {
    need_root();
    const int lives = thorough() ? 10'000 : 400;
    Victim victim;
    victim.bundle().args({"/bin/true"}).write();
    const auto before = kernel_objects();
    const std::string& id = victim.container().id();
    int lost = 0;
    for (int life = 0; life < lives; ++life) {
        // Every second one in steps.
        Outcome last = life % 2 == 0 ? run(victim.words("run")) : run(victim.words("create"));
        if (last.ok() && life % 2 != 0) last = victim.container().start();
        if (last.ok() && life % 2 != 0) last = victim.container().crux({"delete", "--force", id});
        reap_orphans();
        if (last.ok()) continue;
        ++lost;
        INFO("life " << life << "\n" << last.describe());
        CHECK(last.ok());
        (void)victim.left_after_delete();
    }
    victim.check_nothing(victim.left_after_delete(), "all lives");
    CHECK(growth(before) == "");
    std::cout << lives << " lives, " << lost << " lost\n";
}

TEST_CASE("many containers at once run and leave nothing") {
    need_root();
    const int batches = thorough() ? 50 : 4;
    constexpr int kAtOnce = 20;
    Victim victim;
    victim.bundle().args({"/bin/true"}).write();
    const auto before = kernel_objects();
    int lost = 0;
    for (int batch = 0; batch < batches; ++batch) {
        std::vector<std::unique_ptr<Process>> lives;
        for (int i = 0; i < kAtOnce; ++i)
            lives.push_back(std::make_unique<Process>(
                victim.container().words({"run", "--bundle", victim.bundle().path(),
                                          victim.container().id() + "-" + std::to_string(i)})));
        for (auto& life : lives) {
            const Outcome ended = life->wait();
            INFO(ended.describe());
            CHECK(ended.ok());
            CHECK(ended.err.empty());
            if (!ended.ok()) ++lost;
        }
    }
    victim.check_nothing(victim.left_after_delete(), "all batches");
    CHECK(growth(before) == "");
    std::cout << batches * kAtOnce << " lives, " << kAtOnce << " at once, " << lost << " lost\n";
}

}  // namespace
}  // namespace crux::test
