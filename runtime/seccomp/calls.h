#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// The numbers of system calls, as libseccomp's tables have them. For this folder only.
namespace crux::seccomp {

/// Where a call by name arrives in the kernel.
struct Entrance {
    std::uint32_t number = 0;
    /// Where the call is one of many behind this number (socketcall(2), ipc(2)): what the first
    /// argument must be under the mask. The call's own arguments are then in memory, where no
    /// filter sees them.
    std::uint32_t selector = 0;
    std::uint32_t selector_mask = 0;  ///< 0: the number is the call's own
    [[nodiscard]] bool is_own() const { return selector_mask == 0; }
};

/// Whether libseccomp knows the name, on whatever architecture.
bool is_known_call(const std::string& name);

/// The names of the system calls of the native architecture.
std::vector<std::string> native_calls();

/// The calls of one architecture.
class Calls {
 public:
    /// The token is libseccomp's SCMP_ARCH_*.
    explicit Calls(std::uint32_t token) : token_(token) {}

    /// All entrances of the call: none where the architecture does not have it, two where it can be
    /// made by its own number and through socketcall or ipc.
    [[nodiscard]] std::vector<Entrance> find(const std::string& name);

 private:
    [[nodiscard]] std::vector<Entrance> behind(const char* multiplexer, Entrance selected,
                                               const std::string& name);
    std::optional<std::uint32_t> own_number(const std::string& name);

    std::uint32_t token_;
    /// What own_number found by looking at all numbers; made when first needed.
    std::vector<std::pair<std::string, std::uint32_t>> numbered_;
};

}  // namespace crux::seccomp
