#pragma once

#include <unistd.h>

#include <array>
#include <climits>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"

/// Containers whose program makes the system calls that it is told, and profiles for them.
namespace crux::test {

/// "n:NUMBER" and arguments: a native call for the program /calls of calls.c.
inline std::string call(long number, const std::vector<std::uint64_t>& arguments = {}) {
    std::string text = "n:" + std::to_string(number);
    for (std::uint64_t argument : arguments) text += ":" + std::to_string(argument);
    return text;
}

/// A bundle whose program makes these calls and prints their results.
class Calls : public Bundle {
 public:
    explicit Calls(const nlohmann::json& profile, std::vector<std::string> calls = {}) {
        std::array<char, PATH_MAX> self{};
        REQUIRE(::readlink("/proc/self/exe", self.data(), self.size() - 1) > 0);
        std::filesystem::copy_file(
            std::filesystem::path(self.data()).parent_path() / "crux-test-calls",
            rootfs() + "/calls");
        set("/linux/seccomp", profile);
        make(std::move(calls));
    }
    void make(std::vector<std::string> calls) {
        calls.insert(calls.begin(), "/calls");
        args(std::move(calls));
    }
};

inline nlohmann::json rule(const std::string& name, const std::string& action) {
    return {{"names", {name}}, {"action", action}};
}

/// A profile that allows everything except these rules.
inline nlohmann::json but(const std::vector<nlohmann::json>& rules) {
    return {{"defaultAction", "SCMP_ACT_ALLOW"}, {"syscalls", rules}};
}

/// Allows these calls and those that are needed to execute the program, to print and to exit: the
/// minimum for a profile whose default refuses calls.
inline nlohmann::json allow_own_calls(std::vector<std::string> names) {
    for (const char* own : {"execve", "write", "exit_group"}) names.emplace_back(own);
    return {{"names", names}, {"action", "SCMP_ACT_ALLOW"}};
}

}  // namespace crux::test
