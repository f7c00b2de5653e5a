#pragma once

#include <linux/capability.h>

#include <cstdint>

#include "runtime/capability/kernel.h"

/// What a process of crux gives up before it waits for something that a container or another user
/// decides (docs/security.md, "What waits, and with what"). Nothing here fails: a kernel that does
/// not have a restriction, or refuses it, leaves the process without it.
namespace crux::privilege {

/// To send a signal to the process that this one waits for, which may be another user's.
inline constexpr capability::Set kForSignals = capability::bit(CAP_KILL);
/// To read the files of a container's cgroup, which its user may own and close to others.
inline constexpr capability::Set kForReading = capability::bit(CAP_DAC_READ_SEARCH);
/// To remove a container: find its processes where /proc hides those of others, kill them, remove
/// cgroups that its user owns, and unmount its root.
inline constexpr capability::Set kForRemoval = kForSignals | capability::bit(CAP_SYS_PTRACE) |
                                               capability::bit(CAP_DAC_OVERRIDE) |
                                               capability::bit(CAP_SYS_ADMIN);

/// What a process still does until it exits.
enum class Rest : std::uint8_t {
    anything,  ///< any system call
    reading,   ///< opens files for reading, and what `relaying` does
    relaying,  ///< opens no file: reads and writes open ones, sends signals, waits, exits
};

/// The bounding set has an element for each call of prctl(2); no_new_privs makes it ineffective.
enum class Bounding : std::uint8_t { keep, clear };

/// Gives up for good all capabilities but these, and all files and system calls that the rest does
/// not need. Programs that this process executes cannot gain privileges (no_new_privs), and only
/// root can read its memory or trace it.
void give_up(capability::Set kept, Rest rest, Bounding bounding = Bounding::keep);

/// Prevents other processes of this user from reading this one's memory and from tracing it.
void hide();

/// As long as this exists, only these capabilities are effective. The others stay permitted: this
/// limits what a mistake can do, but not what foreign code in this process could do.
class Lowered {
 public:
    explicit Lowered(capability::Set kept);
    Lowered(const Lowered&) = delete;
    Lowered& operator=(const Lowered&) = delete;
    ~Lowered();

 private:
    capability::ProcessSets before_;
    bool changed_ = false;
};

}  // namespace crux::privilege
