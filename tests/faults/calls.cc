#include "tests/faults/calls.h"

#include <filesystem>
#include <sstream>

#include "tests/faults/errors.h"
#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {

namespace {

std::vector<std::string> injector() {
    const std::filesystem::path tests = std::filesystem::read_symlink("/proc/self/exe");
    return {tests.parent_path() / "crux-test-injector"};
}

void append(std::vector<std::string>& all, const std::vector<std::string>& more) {
    all.insert(all.end(), more.begin(), more.end());
}

Call call_in(const std::string& line) {
    Call call;
    std::istringstream words(line);
    words >> call.role >> call.name >> call.number >> call.result;
    words.get();
    std::getline(words, call.text);
    return call;
}

}  // namespace

std::string Call::describe() const {
    return role + "'s " + name + " number " + std::to_string(number) + (lasts ? " and later" : "") +
           (text.empty() ? "" : " (" + text + ")");
}

void need_tracing() {
    std::vector<std::string> words = injector();
    append(words, {"--", "true"});
    const Outcome probe = run(words);
    if (!probe.ok()) skip("needs permission to trace: " + probe.err);
}

std::vector<Call> all_calls_of(const std::vector<std::string>& words, pid_t init) {
    const std::string log = work_folder() + "/calls";
    std::vector<std::string> all = injector();
    append(all, {"--list", log});
    if (init != 0) append(all, {"--attach", std::to_string(init)});
    all.emplace_back("--");
    append(all, words);
    const Outcome outcome = run(all);
    INFO(outcome.describe());
    REQUIRE_FALSE(outcome.timed_out);
    REQUIRE(outcome.status >= 0);
    std::vector<Call> calls;
    for (const std::string& line : lines_of(read_file(log))) calls.push_back(call_in(line));
    return calls;
}

std::vector<Call> calls_of(const std::vector<std::string>& words) {
    std::vector<Call> calls = all_calls_of(words);
    std::erase_if(calls, [](const Call& call) { return call.role != "crux"; });
    return calls;
}

std::vector<std::string> tampered(const std::vector<std::string>& words, const std::string& fault,
                                  const Call& call, pid_t init) {
    const std::string error = "error=";
    std::string action = fault;
    if (fault.starts_with(error)) {
        const bool is_made = call.name == "close";
        action =
            (is_made ? "after=" : error) + std::to_string(errno_number(fault.substr(error.size())));
    }
    std::vector<std::string> all = injector();
    append(all, {"--inject", call.role + ":" + call.name + ":" + std::to_string(call.number) +
                                 (call.lasts ? "+" : "") + ":" + action});
    if (init != 0) append(all, {"--attach", std::to_string(init)});
    all.emplace_back("--");
    append(all, words);
    return all;
}

}  // namespace crux::test
