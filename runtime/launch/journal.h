#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/cgroup/places.h"
#include "runtime/sys/handle.h"

namespace crux::launch {

/// What a container has taken of the host, written down before it is taken, so that `delete
/// --force` can give it back whenever and wherever crux was killed. One line a record, only ever
/// appended:
///
///     cgroup VERSION MOUNTPOINT PATH CONTROLLERS
///     ancestor PATH
///     process PID START
///
/// MOUNTPOINT and PATH have blanks, line feeds and backslashes escaped as \ooo.
class Journal {
 public:
    /// What a journal tells.
    struct Content {
        std::vector<cgroup::Place> cgroup;
        std::vector<std::string> ancestors;  ///< cgroup directories above, made for this container
        int pid = 0;
        std::uint64_t start_time = 0;
    };

    /// Makes the journal of a new container in its state directory.
    static Result<Journal> create(sys::FdRef state_directory);
    /// Reads a journal; an empty content when there is none. A half-written last line is left out:
    /// what it announced was not taken.
    static Result<Content> read(sys::FdRef state_directory);

    /// Records the cgroup directories that are about to be made, and the ancestors of them that are missing.
    Status note_cgroup(const std::vector<cgroup::Place>& places,
                       const std::vector<std::string>& missing_ancestors);

 private:
    explicit Journal(sys::Fd file) : file_(std::move(file)) {}
    sys::Fd file_;
};

/// Parses a journal's text (see Journal).
Journal::Content parse_journal(std::string_view text);
/// The lines for the places (see Journal).
std::string journal_lines(const std::vector<cgroup::Place>& places);

}  // namespace crux::launch
