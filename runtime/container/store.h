#pragma once

#include <string>
#include <string_view>

#include "oci-spec/runc/record.h"
#include "runtime/base/error.h"
#include "runtime/container/context.h"
#include "runtime/sys/handle.h"

namespace crux::container {

/// The state directory of one container, `<root>/<id>`:
///
///     config.json   what it was created from; later edits of the bundle have no effect
///     journal       what it has of the host (runtime/launch/journal.h)
///     exec.fifo     the barrier; gone once the program runs
///     notify/       the socket in the service manager's place, where there is a manager
///     state.json    the record; there only once the container is complete, always replaced whole
///     status        a link to it, because crun reads a file of that name
///
/// Held with an exclusive lock by the command that creates or removes the container.
class StateDirectory {
 public:
    /// Makes the directory (0700) and its missing parents, and locks it. "container with given ID
    /// already exists" if it is there; of an interrupted create it says what removes it.
    static Result<StateDirectory> make(const StateRoot& state_root, std::string_view id);
    /// Opens it, if only the caller and root can write to it. "container does not exist" if there
    /// is none.
    static Result<StateDirectory> open(const StateRoot& state_root, std::string_view id);

    [[nodiscard]] sys::FdRef directory() const { return directory_; }
    [[nodiscard]] sys::FdRef root() const { return root_; }
    [[nodiscard]] const std::string& id() const { return id_; }
    /// Its path, or that of an entry, for messages.
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string path_of(std::string_view name) const;

    /// Waits for another command that holds the lock; an error after ten seconds. "container does
    /// not exist" if that command removed the container.
    Status lock() const;
    /// Releases the lock before the directory is closed.
    void unlock() const;

    /// Whether a create that was interrupted left this directory: it has no record, and no command
    /// holds its lock. Not for a directory whose lock this object holds.
    [[nodiscard]] bool is_abandoned() const;

    /// Refuses a directory that crux cannot have made, because it has no journal but other files
    /// that crux makes only after its journal, or never.
    [[nodiscard]] Status check_made_by_crux() const;

    /// Reads state.json, of crux or runc, or the status of crun; "container does not exist" when
    /// it is not there (yet).
    [[nodiscard]] Result<oci::ContainerRecord> read_record() const;
    /// The text of state.json. ENOENT in the error's code if it does not exist.
    [[nodiscard]] Result<std::string> read_record_text() const;
    /// Replaces state.json.
    Status write_record(const oci::ContainerRecord& record) const;
    /// Replaces a file of the directory; a reader sees the old text or the new one.
    Status replace(const char* name, std::string_view text) const;
    /// Writes a new file of the directory.
    Status write_new(const char* name, std::string_view text) const;

    /// Removes the directory with all that is in it.
    Status remove() const;

 private:
    [[nodiscard]] Status open_and_lock();
    [[nodiscard]] Status check_linked() const;
    [[nodiscard]] Status remove_entry(const std::string& name) const;

    sys::Fd root_;
    sys::Fd directory_;
    std::string id_;
    std::string path_;
};

/// Refuses ids that are not one plain path element: "invalid container ID format".
Status check_id(std::string_view id);

/// That an interrupted create left this ID, and the command that removes it.
std::string abandoned_words(const StateRoot& state_root, std::string_view id);

/// Whether this is the "container does not exist" of StateDirectory.
bool is_missing(const Error& error);

/// Opens the state root, if only the caller and root can write to it (sys::check_trusted); ENOENT
/// in the error's code when it does not exist.
Result<sys::Fd> open_root(const StateRoot& state_root);

constexpr const char* kRecordName = "state.json";
constexpr const char* kCrunStatusName = "status";
constexpr const char* kFifoName = "exec.fifo";
constexpr const char* kConfigName = "config.json";

}  // namespace crux::container
