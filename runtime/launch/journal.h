#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/cgroup/dirs.h"
#include "runtime/sys/handle.h"

namespace crux::launch {

/// What a container has taken of the host, written down before it is taken, so that `delete
/// --force` can give it back whenever and wherever crux was killed. One line a record, only ever
/// appended:
///
///     cgroup VERSION MOUNTPOINT PATH CONTROLLERS
///     ancestor PATH
///     directory PATH
///     unit NAME system|user
///     mount ID PATH
///     ours
///
/// "ours" follows once the cgroup is made: until then a directory of that name may be another
/// container's, and only what is empty may be removed.
///
/// MOUNTPOINT, PATH and NAME have blanks, line feeds and backslashes escaped as \ooo.
class Journal {
 public:
    /// A unit of systemd.
    struct SystemdUnit {
        std::string name;
        bool user = false;  ///< of the user's manager, not the machine's
        bool operator==(const SystemdUnit&) const = default;
    };
    /// A mount in the mount namespace of whoever made the container.
    struct Mount {
        std::uint64_t id = 0;  ///< sys::mount_id: what else is mounted at the path is not this one
        std::string path;      ///< absolute, without symbolic links
        bool operator==(const Mount&) const = default;
    };
    /// What a journal tells.
    struct Content {
        std::vector<cgroup::CgroupDir> cgroup;
        std::vector<std::string> ancestors;  ///< cgroup directories above, made for this container
        bool cgroup_is_ours = false;         ///< all processes in it are this container's
        std::optional<SystemdUnit> unit;     ///< whose cgroup the container's is
        std::optional<Mount> mount;          ///< all mounts of the container lie below it
        std::vector<std::string> directories;  ///< made for this container, to be removed in order
    };

    /// Makes the journal of a new container in its state directory.
    static Result<Journal> create(sys::FdRef state_directory);
    /// Reads a journal; an empty content when there is none. A half-written last line is left out:
    /// what it announced was not taken.
    static Result<Content> read(sys::FdRef state_directory);

    /// Records the cgroup directories that are about to be made, and the missing ones above them.
    Status note_cgroup(const std::vector<cgroup::CgroupDir>& places,
                       const std::vector<std::string>& ancestors);
    /// Records the unit that systemd is about to be asked for.
    Status note_unit(const SystemdUnit& unit);
    /// Records the mount that is about to be attached.
    Status note_mount(const Mount& mount);
    /// Records that the cgroup is made, or was found empty: what is in it from now on is ours.
    Status note_cgroup_is_ours();
    /// Records directories of kernel file systems (resctrl) that are about to be made.
    Status note_directories(const std::vector<std::string>& paths);

    /// All that was written, as parse_journal takes it.
    [[nodiscard]] const std::string& text() const { return text_; }

 private:
    explicit Journal(sys::Fd file) : file_(std::move(file)) {}
    Status append(std::string_view lines);

    sys::Fd file_;
    std::string text_;
};

/// Parses a journal's text (see Journal).
Journal::Content parse_journal(std::string_view text);
/// The line for a unit (see Journal).
std::string journal_line(const Journal::SystemdUnit& unit);
/// The line for a mount (see Journal).
std::string journal_line(const Journal::Mount& mount);
/// The lines for the places and their ancestors (see Journal).
std::string journal_lines(const std::vector<cgroup::CgroupDir>& places,
                          const std::vector<std::string>& ancestors);

}  // namespace crux::launch
