#include "tests/support/checks.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/catch.h"

namespace crux::test {

Unchanged::~Unchanged() {
    CHECK(left_behind_since(before_) == "");
}

std::vector<std::string> bare_errors() {
    return {"--log", "/dev/null"};
}

void must(const Outcome& outcome) {
    INFO(outcome.describe());
    REQUIRE(outcome.ok());
    CHECK(outcome.out == "");
    CHECK(outcome.err == "");
}

void refused(const Outcome& outcome, const std::string& sentence, int status) {
    CHECK(outcome.status == status);
    CHECK(outcome.out == "");
    CHECK(outcome.err == sentence + '\n');
}

void refused_with(const Outcome& outcome, const std::string& part, int status) {
    CHECK(outcome.status == status);
    CHECK(outcome.out == "");
    CHECK_THAT(outcome.err, Catch::Contains(part));
    CHECK(lines_of(outcome.err).size() == 1);
}

std::optional<int> exit_of(pid_t child, std::chrono::milliseconds timeout) {
    int status = 0;
    if (!eventually([&] { return waitpid(child, &status, WNOHANG) == child; }, timeout))
        return std::nullopt;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::vector<pid_t> children_of(pid_t pid) {
    std::vector<pid_t> children;
    std::error_code gone;
    for (const auto& task :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
        std::ifstream file(task.path() / "children");
        for (pid_t child = 0; file >> child;) children.push_back(child);
    }
    return children;
}

std::string status_field(pid_t pid, const std::string& name) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with(name + ':')) continue;
        const auto begin = line.find_first_not_of(" \t", name.size() + 1);
        return begin == std::string::npos ? "" : line.substr(begin);
    }
    return "";
}

std::string link_of(const std::string& path) {
    std::error_code gone;
    return std::filesystem::read_symlink(path, gone);
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace crux::test
