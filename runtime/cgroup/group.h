#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/cgroup/dirs.h"
#include "runtime/cgroup/limits.h"
#include "runtime/cgroup/stats.h"
#include "runtime/sys/handle.h"

namespace crux::cgroup {

/// What a container's freezer says.
enum class FreezerState : std::uint8_t {
    none,      ///< it has no freezer, or is gone
    thawed,    ///< it runs, or only an ancestor is frozen and not the container itself
    freezing,  ///< asked for, not reached
    frozen,
};

/// The cgroup of one container: its directories in all hierarchies. Names are resolved from one
/// held descriptor of the directory above the hierarchies, and in the unified hierarchy from one of
/// the container's directory itself.
class Group {
 public:
    Group(Group&&) = default;
    Group& operator=(Group&&) = default;

    /// Makes the directories (0755) with their missing ancestors, enables the unified hierarchy's
    /// controllers from the top down, and fills the v1 cpuset from its parent where the limits say
    /// nothing, for no process can enter an empty one. Existing empty directories are taken over;
    /// one with processes or a frozen one is refused ("container's cgroup is not empty: N
    /// process(es) found", "container's cgroup unexpectedly frozen"). On failure what was made is
    /// gone again. No limit is set yet.
    static Result<Group> create(std::vector<CgroupDir> dirs, const Limits& limits);

    /// As create, but for a cgroup that somebody made for this container and keeps alive with a
    /// process of theirs (systemd's scope): directories that exist are taken as they are. Where the
    /// container's is one below, the keeper moves there: a v2 cgroup with a process in it hands no
    /// controllers on.
    static Result<Group> adopt(std::vector<CgroupDir> dirs, const Limits& limits,
                               std::optional<pid_t> keeper);

    /// Refuses places that have processes in them or are frozen, as create does. For cgroups that
    /// somebody else is about to make.
    static Status check_unused(std::vector<CgroupDir> dirs);

    /// The absolute paths of the ancestors that create would have to make, the topmost first, so
    /// that they can be noted before they exist. Asks only where a path has more than one name.
    static std::vector<std::string> missing_ancestors(std::span<const CgroupDir> dirs);

    /// The cgroup of an existing container. That directories are missing shows only where they are
    /// used.
    static Result<Group> open(std::vector<CgroupDir> dirs);

    [[nodiscard]] std::span<const CgroupDir> dirs() const { return dirs_; }

    /// Absolute paths of the ancestors that create made, the topmost first: for remove.
    [[nodiscard]] const std::vector<std::string>& made_ancestors() const { return ancestors_; }

    /// Writes the settings in order, and loads and attaches the device program (replacing the one
    /// before). Failures that settings tolerate are appended to the warnings. The error names the
    /// file and the place in config.json.
    Status apply(const Limits& limits, std::vector<Warning>& warnings);

    /// As apply, for a container that runs, and all or nothing: when a value is refused, each file
    /// gets back what it said before, and the devices the rules that held before. On success, what
    /// would bring all of that back.
    Result<Limits> change(const Limits& limits, const Limits& device_rules,
                          std::vector<Warning>& warnings);

    /// The tasks file of a v1 place, for writing: a single-threaded process that writes "0" to it
    /// moves itself (the opener's rights count, cgroups(7)).
    [[nodiscard]] Result<sys::Fd> open_tasks(std::uint32_t dir) const;
    /// The container's directory in the unified hierarchy, for clone3's CLONE_INTO_CGROUP; no
    /// descriptor (negative) where there is no unified hierarchy. Valid as long as the group.
    [[nodiscard]] Result<sys::FdRef> unified();

    /// The directory in the unified hierarchy where a process of the container is: below the
    /// container's own, or wherever it went. For exec: when a container has made cgroups and handed
    /// controllers to them, no process can enter its top any more (clone3 answers EBUSY).
    [[nodiscard]] Result<sys::Fd> open_unified_of(pid_t pid) const;

    /// Moves a process by its pid, in every place. Slow where a kernel grace period has to pass:
    /// for processes that cannot move themselves.
    Status add(pid_t pid) const;

    /// All processes in any of the directories and below, sorted, as this process's pid namespace
    /// numbers them; none when the cgroup is gone.
    [[nodiscard]] Result<std::vector<pid_t>> processes() const;
    /// Whether there is any process.
    [[nodiscard]] Result<bool> populated() const;

    /// Kills every process and waits until none is left, frozen ones too: by cgroup.kill (Linux
    /// 5.14) where there is a unified hierarchy, else by signals while the freezer keeps them from
    /// forking. No process at all is success. Fails after the timeout.
    Status kill_all(int timeout_ms = 10000) const;

    /// Freezes and waits until it is so; thaws again where it does not happen in time.
    Status freeze(int timeout_ms = 10000) const;
    /// Thaws; success also where nothing was frozen or no process is left.
    Status thaw() const;
    [[nodiscard]] Result<FreezerState> freezer_state() const;

    /// How many processes the kernel killed here for want of memory; 0 where nobody counts.
    [[nodiscard]] Result<std::uint64_t> oom_kills() const;

    /// What the container has used. What cannot be read, also because it is gone, is zero or empty.
    [[nodiscard]] Stats stats() const;

    /// Hands the unified directory and those of its files that /sys/kernel/cgroup/delegate lists to
    /// the user (config-linux.md, Cgroup ownership). v1 is never handed over.
    Status give_to(uid_t owner);

    /// Removes the directories with all cgroups below them, and then the given ancestors, the last
    /// one first, as far as they are empty. What is gone already is success; a directory that
    /// stays busy is an error after about a second.
    Status remove(std::span<const std::string> ancestors = {}) const;
    /// Removes each directory, and then the ancestors, only as far as they are empty: where it is
    /// not known whether they are this container's.
    void remove_empty(std::span<const std::string> ancestors = {}) const;
    /// As remove, but kills what is still there (kill_all). The usual cgroup, empty and without any
    /// below, goes with one call a hierarchy and without a look at its processes.
    Status destroy(std::span<const std::string> ancestors = {}, int timeout_ms = 10000) const;

 private:
    Group() = default;

    [[nodiscard]] Status hold_base();
    [[nodiscard]] Status hold_unified();
    /// What is there already, and whose process moves in.
    struct Existing {
        bool only_empty = true;
        std::optional<pid_t> keeper;
    };
    static Result<Group> made(std::vector<CgroupDir> dirs, const Limits& limits, Existing existing);
    [[nodiscard]] Status make(const Limits& limits, Existing existing);
    [[nodiscard]] Status make_place(std::uint32_t dir, const Limits& limits);
    [[nodiscard]] Status check_taken(std::span<const std::uint32_t> taken) const;
    [[nodiscard]] Status enable_controllers(const Limits& limits);
    [[nodiscard]] Status settle_type(std::span<const std::string> controllers,
                                     const Limits& limits) const;
    void remove_made() const;
    static void remove_ancestors(std::span<const std::string> ancestors);
    [[nodiscard]] Status judge(const Setting& setting, Errno error,
                               std::vector<Warning>& warnings) const;
    [[nodiscard]] Error too_much_in_use(const Setting& setting) const;
    [[nodiscard]] bool kill_by_kernel() const;
    [[nodiscard]] Status kill_by_signals(bool has_v1_freezer) const;
    /// The unified cgroup of this path from the mount's top, if the process is seen to be in it.
    [[nodiscard]] Result<sys::Fd> open_elsewhere(std::string_view path, pid_t pid) const;
    [[nodiscard]] Result<void, Errno> write_freezer(std::string_view value) const;
    [[nodiscard]] Status check_memory(const MemoryCheck& check) const;
    [[nodiscard]] Status load_program(const DeviceProgram& program);
    [[nodiscard]] Result<std::vector<pid_t>> processes_in(
        std::span<const std::uint32_t> dirs) const;
    [[nodiscard]] std::string name(std::uint32_t dir, std::string_view file = {}) const;
    [[nodiscard]] std::string path(std::uint32_t dir, std::string_view file = {}) const;

    std::vector<CgroupDir> dirs_;
    std::vector<std::string> names_;  ///< each place's directory, seen from base_
    std::vector<bool> is_new_;        ///< which of them create made
    std::vector<std::string> ancestors_;
    std::string above_;  ///< the directory above all mount points, with a slash at the end
    sys::Fd base_;       ///< that directory
    sys::Fd unified_;
};

}  // namespace crux::cgroup
