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

/// The journal's name in the state directory.
inline constexpr const char* kJournalName = "journal";

/// The resources of the host that a container uses. Each is recorded before it is created, so that
/// `delete --force` can remove it even if crux was killed at any point. One line per record; lines
/// are only appended:
///
///     cgroup VERSION MOUNTPOINT PATH CONTROLLERS
///     ancestor PATH
///     directory PATH
///     unit NAME system|user
///     mount ID PATH
///     ours
///
/// "ours" is added once the cgroup is created: until then a directory of that name may be another
/// container's, and only an empty one may be removed.
///
/// MOUNTPOINT and PATH are absolute, without empty, "." and ".." names. In them and in NAME,
/// blanks, line feeds and backslashes are escaped as \ooo. Any other line is an error: nothing is
/// removed because of a text that crux did not write.
class Journal {
 public:
    /// A systemd unit.
    struct SystemdUnit {
        std::string name;
        bool user = false;  ///< of the user manager, not the system manager
        bool operator==(const SystemdUnit&) const = default;
    };
    /// A mount in the mount namespace of the caller that created the container.
    struct Mount {
        std::uint64_t id = 0;  ///< sys::mount_id; other mounts at the path have other IDs
        std::string path;      ///< absolute, without symbolic links
        bool operator==(const Mount&) const = default;
    };
    /// The records of a journal.
    struct Content {
        std::vector<cgroup::CgroupDir> cgroup;
        std::vector<std::string> ancestors;    ///< parent cgroups that were created too
        bool cgroup_is_ours = false;           ///< all processes in it are this container's
        std::optional<SystemdUnit> unit;       ///< the unit that owns the container's cgroup
        std::optional<Mount> mount;            ///< all mounts of the container are below it
        std::vector<std::string> directories;  ///< created for this container; removed in order
    };

    /// Creates the journal of a new container in its state directory; messages have this path.
    static Result<Journal> create(sys::FdRef state_directory, std::string path);
    /// Reads a journal; empty if there is none. An incomplete last line is ignored: its resource
    /// was not created.
    static Result<Content> read(sys::FdRef state_directory);

    /// Records the cgroup directories that will be created, and the missing parents.
    Status note_cgroup(const std::vector<cgroup::CgroupDir>& places,
                       const std::vector<std::string>& ancestors);
    /// Records the unit that systemd will be asked to start.
    Status note_unit(const SystemdUnit& unit);
    /// Records the mount that will be attached.
    Status note_mount(const Mount& mount);
    /// Records that the cgroup was created, or was found empty: processes in it from now on are
    /// the container's.
    Status note_cgroup_is_ours();
    /// Records directories of kernel filesystems (resctrl) that will be created.
    Status note_directories(const std::vector<std::string>& paths);

    /// Everything that was written, for parse_journal.
    [[nodiscard]] const std::string& text() const { return text_; }

 private:
    Journal(sys::Fd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
    Status append(std::string_view lines);

    sys::Fd file_;
    std::string path_;
    std::string text_;
};

/// Parses a journal's text (see Journal); an incomplete last line is ignored.
Result<Journal::Content> parse_journal(std::string_view text);
/// The line for a unit (see Journal).
std::string journal_line(const Journal::SystemdUnit& unit);
/// The line for a mount (see Journal).
std::string journal_line(const Journal::Mount& mount);
/// The lines for the cgroup directories and their parents (see Journal).
std::string journal_lines(const std::vector<cgroup::CgroupDir>& places,
                          const std::vector<std::string>& ancestors);

}  // namespace crux::launch
