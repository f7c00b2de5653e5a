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

struct FreezerFile;

/// The state of a container's freezer.
enum class FreezerState : std::uint8_t {
    none,      ///< no freezer, or the container is gone
    thawed,    ///< running, or only an ancestor is frozen
    freezing,  ///< requested, not complete
    frozen,
};

/// The cgroup of one container: its directories in all hierarchies. Names are relative to an open
/// descriptor of the directory above the hierarchies; for the unified hierarchy also the
/// container's own directory is open.
class Group {
 public:
    Group(Group&&) = default;
    Group& operator=(Group&&) = default;

    /// Makes the directories (0755) with their missing ancestors, enables the controllers of the
    /// unified hierarchy from the top down, and fills the v1 cpuset from its parent where the
    /// limits set nothing, because no process can enter an empty one. Existing empty directories
    /// are used; a directory with processes or a frozen one is refused ("container's cgroup is not
    /// empty: N process(es) found", "container's cgroup unexpectedly frozen"). On failure the new
    /// directories are removed. Sets no limit yet.
    static Result<Group> create(std::vector<CgroupDir> dirs, const Limits& limits);

    /// Like create, but for a cgroup that another program made for this container and keeps alive
    /// with one of its processes (a systemd scope): existing directories are used unchanged. If the
    /// container's cgroup is below that one, the keeper moves into it: a v2 cgroup with a process
    /// cannot enable controllers for its children.
    static Result<Group> adopt(std::vector<CgroupDir> dirs, const Limits& limits,
                               std::optional<pid_t> keeper);

    /// Refuses directories that have processes or are frozen, as create does. For cgroups that
    /// another program is about to make.
    static Status check_unused(std::vector<CgroupDir> dirs);

    /// The absolute paths of the ancestors that create would make, the topmost first, so that they
    /// can be recorded before they exist. Accesses the host only for paths of more than one name.
    static Result<std::vector<std::string>> missing_ancestors(std::span<const CgroupDir> dirs);

    /// The cgroup of an existing container. A missing directory is an error only when it is used.
    static Result<Group> open(std::vector<CgroupDir> dirs);

    [[nodiscard]] std::span<const CgroupDir> dirs() const { return dirs_; }

    /// The absolute paths of the ancestors that create made, the topmost first: for remove.
    // lint: allow dead-code: the unit tests see what create made, and remove it.
    [[nodiscard]] const std::vector<std::string>& made_ancestors() const { return ancestors_; }

    /// Writes the settings in order, and loads and attaches the device program (replacing the
    /// present one). Failures that a setting tolerates are appended to the warnings. The error
    /// names the file and the pointer in config.json.
    Status apply(const Limits& limits, std::vector<Warning>& warnings);

    /// Like apply, for a running container, and all or nothing: if a value is refused, each file
    /// gets its old value back, and the devices their old rules. On success, returns the limits
    /// that would restore the old values.
    Result<Limits> change(const Limits& limits, const Limits& device_rules,
                          std::vector<Warning>& warnings);

    /// The tasks file of a v1 directory, for writing: a single-threaded process that writes "0" to
    /// it moves itself (the permissions of the opener count, cgroups(7)).
    [[nodiscard]] Result<sys::Fd> open_tasks(std::uint32_t dir) const;
    /// The container's directory in the unified hierarchy, for clone3's CLONE_INTO_CGROUP; no
    /// descriptor (negative) without a unified hierarchy. Valid as long as the group.
    [[nodiscard]] Result<sys::FdRef> unified();

    /// The directory in the unified hierarchy that a process of the container is in: the
    /// container's own, one below it, or where the process has moved. For exec: if a container has
    /// made cgroups and enabled controllers for them, no process can enter its top cgroup any more
    /// (clone3 fails with EBUSY).
    [[nodiscard]] Result<sys::Fd> open_unified_of(pid_t pid) const;

    /// Moves a process by its pid, in every hierarchy. Slow if a kernel grace period has to pass:
    /// for processes that cannot move themselves.
    Status add(pid_t pid) const;

    /// All processes in the directories and below, sorted, with the numbers of this process's pid
    /// namespace; none if the cgroup does not exist.
    [[nodiscard]] Result<std::vector<pid_t>> processes() const;
    /// Whether there is any process.
    [[nodiscard]] Result<bool> populated() const;

    /// Kills every process, also frozen ones, and waits until none is left: with cgroup.kill (Linux
    /// 5.14) if there is a unified hierarchy, else with signals while the freezer prevents forks.
    /// Succeeds if there is no process. Fails after the timeout.
    Status kill_all(int timeout_ms = 10000) const;

    /// Freezes and waits until this is complete; if it is not within the timeout, or fails, thaws
    /// again.
    Status freeze(int timeout_ms = 10000) const;
    /// Thaws; succeeds also if nothing was frozen or no process is left.
    Status thaw() const;
    [[nodiscard]] Result<FreezerState> freezer_state() const;

    /// The number of processes here that the OOM killer killed; 0 if the kernel does not count
    /// them.
    [[nodiscard]] Result<std::uint64_t> oom_kills() const;

    /// The resource usage of the container. What cannot be read, for example after removal, is zero
    /// or empty.
    [[nodiscard]] Stats stats() const;

    /// Changes the owner of the unified directory, and of those of its files that
    /// /sys/kernel/cgroup/delegate lists, to the user (config-linux.md, Cgroup ownership). Never
    /// for v1.
    Status give_to(uid_t owner);

    /// Removes the directories with all cgroups below them, and then the given ancestors, the last
    /// one first, if they are empty. Missing directories are not an error; a directory that stays
    /// busy is one after about a second.
    Status remove(std::span<const std::string> ancestors = {}) const;
    /// Removes each directory, and then the ancestors, only if they are empty: for directories that
    /// may not be this container's.
    void remove_empty(std::span<const std::string> ancestors = {}) const;
    /// Like remove, but kills the remaining processes (kill_all). The usual cgroup, which is empty
    /// and has none below it, takes one call for each hierarchy, without listing processes.
    Status destroy(std::span<const std::string> ancestors = {}, int timeout_ms = 10000) const;

 private:
    Group() = default;

    [[nodiscard]] Status hold_base();
    [[nodiscard]] Status hold_unified();
    /// Whether existing directories must be empty, and which process moves in.
    struct Existing {
        bool only_empty = true;
        std::optional<pid_t> keeper;
    };
    static Result<Group> made(std::vector<CgroupDir> dirs, const Limits& limits, Existing existing);
    [[nodiscard]] Status make(const Limits& limits, Existing existing);
    [[nodiscard]] Status make_dir(std::uint32_t dir, const Limits& limits);
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
    /// Signals every process. A thaw that failed does not keep those that are not frozen alive, so
    /// it is not this function's error.
    [[nodiscard]] Status kill_by_signals(bool has_v1_freezer, Status& thawed) const;
    /// The unified cgroup of this path from the mount's top, if the process really is in it.
    [[nodiscard]] Result<sys::Fd> open_elsewhere(std::string_view path, pid_t pid) const;
    [[nodiscard]] Status freeze_by(const FreezerFile& freezer, int timeout_ms) const;
    [[nodiscard]] Result<void, Errno> write_freezer(std::string_view value) const;
    [[nodiscard]] Status check_memory(const MemoryCheck& check) const;
    [[nodiscard]] Status load_program(const DeviceProgram& program);
    [[nodiscard]] Result<std::vector<pid_t>> processes_in(
        std::span<const std::uint32_t> dirs) const;
    [[nodiscard]] std::string name(std::uint32_t dir, std::string_view file = {}) const;
    [[nodiscard]] std::string path(std::uint32_t dir, std::string_view file = {}) const;

    std::vector<CgroupDir> dirs_;
    std::vector<std::string> names_;  ///< each directory, relative to base_
    std::vector<bool> is_new_;        ///< which of them create made
    std::vector<std::string> ancestors_;
    std::string above_;  ///< the directory above all mount points, with a slash at the end
    sys::Fd base_;       ///< that directory
    sys::Fd unified_;
};

}  // namespace crux::cgroup
