#include "tests/support/runs.h"

#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"

namespace crux::test {

std::string output_of(Bundle& bundle, const std::vector<std::string>& options,
                      const CommandOptions& more) {
    Container container(bundle);
    const Outcome outcome = container.run(options, more);
    INFO(outcome.describe());
    CHECK(outcome.ok());
    CHECK(outcome.err == "");
    return outcome.out;
}

void create_refused(Bundle& bundle, const std::string& part) {
    Container container(bundle);
    container.global_options = bare_errors();
    const Outcome outcome = container.create();
    INFO(outcome.describe());
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, Catch::Contains(part));
    CHECK(container.status() == "");
}

std::vector<std::pair<std::string, std::string>> mounts_in(const std::string& mountinfo) {
    std::vector<std::pair<std::string, std::string>> all;
    std::istringstream lines(mountinfo);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string skipped;
        std::string point;
        words >> skipped >> skipped >> skipped >> skipped >> point;
        std::string rest;
        std::getline(words, rest);
        all.emplace_back(point, rest.empty() ? rest : rest.substr(1));
    }
    return all;
}

std::string mount_at(const std::string& mountinfo, const std::string& point) {
    std::string found;
    for (const auto& [at, rest] : mounts_in(mountinfo))
        if (at == point) found = rest;
    return found;
}

}  // namespace crux::test
