#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// The numbers of system calls from libseccomp's tables. For this directory only.
namespace crux::seccomp {

/// How a named call reaches the kernel.
struct Entrance {
    std::uint32_t number = 0;
    /// For a call behind a multiplexer (socketcall(2), ipc(2)): the value that the first argument
    /// must have under the mask. The call's own arguments are then in memory, where a filter cannot
    /// read them.
    std::uint32_t selector = 0;
    std::uint32_t selector_mask = 0;  ///< 0: not behind a multiplexer
    [[nodiscard]] bool is_own() const { return selector_mask == 0; }
};

/// Whether libseccomp knows the name on any architecture.
bool is_known_call(const std::string& name);

/// The names of the system calls of the native architecture.
std::vector<std::string> native_calls();

/// The calls of one architecture.
class Calls {
 public:
    /// The token is libseccomp's SCMP_ARCH_*.
    explicit Calls(std::uint32_t token) : token_(token) {}

    /// All entries of the call: none if the architecture does not have it, two if it has both its
    /// own number and one behind socketcall or ipc.
    [[nodiscard]] std::vector<Entrance> find(const std::string& name);

 private:
    [[nodiscard]] std::vector<Entrance> behind(const char* multiplexer, Entrance selected,
                                               const std::string& name);
    std::optional<std::uint32_t> own_number(const std::string& name);

    std::uint32_t token_;
    /// The results of own_number, which searches all numbers; filled on first use.
    std::vector<std::pair<std::string, std::uint32_t>> numbered_;
};

}  // namespace crux::seccomp
