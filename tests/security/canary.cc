#include "tests/security/canary.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/checks.h"

namespace crux::test {

namespace fs = std::filesystem;

namespace {

std::string describe(const fs::path& path) {
    struct stat status{};
    if (lstat(path.c_str(), &status) != 0) return path.string() + " gone\n";
    std::ostringstream line;
    line << path.string() << ' ' << std::oct << status.st_mode << std::dec << ' ' << status.st_uid
         << ':' << status.st_gid << ' ' << status.st_rdev << ' ' << status.st_size << ' '
         << status.st_mtim.tv_sec << '.' << status.st_mtim.tv_nsec;
    if (S_ISREG(status.st_mode)) line << " \"" << read_file(path) << '"';
    return line.str() + '\n';
}

std::string describe_tree(const std::string& top) {
    std::set<std::string> lines = {describe(top)};
    for (const auto& entry : fs::recursive_directory_iterator(top))
        lines.insert(describe(entry.path()));
    std::string all;
    for (const auto& line : lines) all += line;
    return all;
}

/// Without the ids, which do not matter.
std::string host_mounts() {
    std::string all;
    for (const std::string& line : lines_of(read_file("/proc/self/mountinfo")))
        all += line.substr(line.find(' ', line.find(' ') + 1)) + '\n';
    return all;
}

}  // namespace

Canary::Canary() {
    static int count = 0;
    path_ = work_folder() + "/canary-" + std::to_string(++count);
    fs::create_directories(path_ + "/folder/below");
    write_file(path_ + "/file", "canary\n", 0600);
    write_file(path_ + "/folder/file", "canary\n");
    // Names that a runtime makes, removes or opens in /dev or /proc.
    for (const char* name : {"ptmx", "null", "console", "fd", "stdin", "core_pattern", "self"})
        write_file(path_ + "/" + name, "canary\n");
    tree_ = describe_tree(path_);
    mounts_ = host_mounts();
}

Canary::~Canary() {
    check("at the end");
    fs::remove_all(path_);
}

void Canary::check(const std::string& after) const {
    INFO(after);
    CHECK(describe_tree(path_) == tree_);
    CHECK(host_mounts() == mounts_);
}

Swapper::Swapper(std::string one, std::string other, Pace pace)
    : Swapper({{std::move(one), std::move(other)}}, pace) {}

Swapper::Swapper(std::vector<std::pair<std::string, std::string>> pairs, Pace pace) {
    thread_ = std::thread([this, pairs = std::move(pairs), pace] {
        std::minstd_rand random(std::random_device{}());
        for (std::size_t turn = 0; !ends_; ++turn) {
            const auto& [one, other] = pairs[turn % pairs.size()];
            renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
            if (pace == Pace::steady) continue;
            constexpr unsigned kMost = 100;
            const auto end = std::chrono::steady_clock::now() +
                             std::chrono::microseconds(random() % (kMost + 1));
            while (std::chrono::steady_clock::now() < end) {
            }
        }
    });
}

Swapper::~Swapper() {
    ends_ = true;
    thread_.join();
}

void check_refused(const Outcome& outcome) {
    INFO(outcome.describe());
    CHECK_FALSE(outcome.timed_out);
    CHECK(outcome.signal == 0);
    CHECK(outcome.status == 1);
    CHECK(lines_of(outcome.err).size() == 1);
}

bool try_create(Bundle& bundle, const std::function<void(Container&, pid_t)>& look) {
    Container container(bundle);
    container.global_options = bare_errors();
    const Outcome created = container.create();
    if (!created.ok()) {
        check_refused(created);
        return false;
    }
    look(container, container.pid());
    return true;
}

std::vector<std::string> mounts_at(pid_t pid, const std::string& point) {
    std::vector<std::string> found;
    for (const std::string& line :
         lines_of(read_file("/proc/" + std::to_string(pid) + "/mountinfo"))) {
        std::istringstream words(line);
        std::string word;
        constexpr int kPoint = 5;
        for (int i = 0; i < kPoint; ++i) words >> word;
        if (word == point) found.push_back(line);
    }
    return found;
}

namespace {

bool is_thorough() {
    const char* wish = std::getenv("CRUX_THOROUGH");
    return wish != nullptr && *wish != '\0' && *wish != '0';
}

}  // namespace

Rounds::Rounds(std::string name)
    : name_(std::move(name)), end_(std::chrono::steady_clock::now() + 20s * slowdown()) {}

bool Rounds::next() {
    constexpr int kShort = 500;
    constexpr int kLong = 10'000;
    const bool more =
        is_thorough() ? tries_ < kLong : tries_ < kShort && std::chrono::steady_clock::now() < end_;
    if (more) ++tries_;
    return more;
}

void Rounds::win(const std::string& words) {
    if (++wins_ == 1) first_ = words.substr(0, words.find('\n'));
}

std::string Rounds::summary() const {
    std::string text =
        name_ + ": " + std::to_string(tries_) + " tries, " + std::to_string(wins_) + " won";
    return first_.empty() ? text : text + " (" + first_ + ")";
}

}  // namespace crux::test
