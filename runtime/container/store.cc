#include "runtime/container/store.h"

#include <sys/file.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/container/notify_socket.h"
#include "runtime/container/peer.h"
#include "runtime/launch/journal.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/time.h"
#include "runtime/sys/trusted.h"

namespace crux::container {

namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;
/// Annotations are most of it.
constexpr std::size_t kRecordLimit = std::size_t{16} << 20U;

Status make_parents(const std::string& path) {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        auto made = sys::mkdirat(sys::FdRef::cwd(), path.substr(0, end), kDirectoryMode);
        if (!made && made.error().value != EEXIST)
            return std::unexpected(Error(made.error()).during(path.substr(0, end)));
        if (end == std::string::npos) return {};
    }
}

constexpr const char* kDoesNotExist = "container does not exist";

std::unexpected<Error> does_not_exist() {
    return std::unexpected(Error(Error::Kind::state, kDoesNotExist).as(Reason::not_found));
}

}  // namespace

Status check_id(std::string_view id) {
    if (id.empty()) return fail(Error::Kind::usage, "container id cannot be empty");
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+.-";
    constexpr std::size_t kNameMax = 255;
    if (id.find_first_not_of(kAllowed) != std::string_view::npos || id == "." || id == ".." ||
        id.size() > kNameMax)
        return fail(Error::Kind::usage, "invalid container ID format");
    return {};
}

bool is_missing(const Error& error) {
    return error.text() == kDoesNotExist;
}

std::string abandoned_words(const StateRoot& state_root, std::string_view id) {
    return cat("an interrupted create left it (remove it with: crux --root ", state_root.path,
               " delete --force ", id, ")");
}

Result<sys::Fd> open_root(const StateRoot& state_root) {
    return sys::open_trusted_directory(sys::FdRef::cwd(), state_root.path)
        .during(cat("state root ", state_root.path));
}

namespace {

std::unexpected<Error> already_exists(const StateRoot& state_root, std::string_view id) {
    constexpr const char* kExists = "container with given ID already exists";
    auto other = StateDirectory::open(state_root, id);
    if (other && other->is_abandoned())
        return std::unexpected(
            Error(Error::Kind::state, cat(kExists, ": ", abandoned_words(state_root, id)))
                .as(Reason::exists));
    return std::unexpected(Error(Error::Kind::state, kExists).as(Reason::exists));
}

}  // namespace

std::string StateDirectory::path_of(std::string_view name) const {
    return cat(path_, '/', name);
}

Result<StateDirectory> StateDirectory::make(const StateRoot& state_root, std::string_view id) {
    TRY(check_id(id));
    StateDirectory state;
    state.id_ = id;
    state.path_ = cat(state_root.path, '/', id);
    auto root = open_root(state_root);
    if (!root && root.error().code() == ENOENT) {
        TRY(make_parents(state_root.path).during("make the state root"));
        root = open_root(state_root);
    }
    state.root_ = TRY(std::move(root));
    // A delete may remove a directory that nobody has locked yet: it came first then.
    constexpr int kTries = 100;
    for (int attempt = 1;; ++attempt) {
        auto made = sys::mkdirat(state.root_, state.id_, kDirectoryMode);
        if (!made && made.error().value == EEXIST) return already_exists(state_root, id);
        TRY(std::move(made).during(cat("make the state directory ", state.path_)));
        Status locked = state.open_and_lock();
        if (locked) return state;
        const bool removed = is_missing(locked.error()) || locked.error().code() == ENOENT;
        if (removed && attempt < kTries) continue;
        // Where it was removed, a directory of that name is another command's.
        if (!removed) (void)sys::unlinkat(state.root_, state.id_, AT_REMOVEDIR);
        return std::unexpected(std::move(locked).error());
    }
}

Status StateDirectory::open_and_lock() {
    directory_ = TRY(sys::openat(root_, id_, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
                         .during(cat("open the state directory ", path_)));
    return lock();
}

Result<StateDirectory> StateDirectory::open(const StateRoot& state_root, std::string_view id) {
    TRY(check_id(id));
    StateDirectory state;
    state.id_ = id;
    state.path_ = cat(state_root.path, '/', id);
    auto root = open_root(state_root);
    if (!root && root.error().code() == ENOENT) return does_not_exist();
    state.root_ = TRY(std::move(root));
    auto directory = sys::open_trusted_directory(state.root_, state.id_, O_NOFOLLOW);
    if (!directory && directory.error().code() == ENOENT) return does_not_exist();
    state.directory_ = TRY(std::move(directory).during(cat("state directory ", state.path_)));
    return state;
}

Status StateDirectory::lock() const {
    constexpr int kTries = 1000;
    constexpr int kPauseMs = 10;
    for (int i = 0; i < kTries; ++i) {
        auto locked = sys::flock(directory_, LOCK_EX | LOCK_NB);
        if (locked) return check_linked();
        if (locked.error().value != EWOULDBLOCK)
            return std::unexpected(
                Error(locked.error()).during(cat("lock the state directory ", path_)));
        sys::sleep_ms(kPauseMs);
    }
    return std::unexpected(
        Error(Error::Kind::state, "container is busy: another operation holds its lock")
            .as(Reason::busy));
}

Status StateDirectory::check_linked() const {
    const struct ::stat status =
        TRY(sys::fstat(directory_).during(cat("look at the state directory ", path_)));
    if (status.st_nlink == 0) return does_not_exist();
    return {};
}

void StateDirectory::unlock() const {
    (void)sys::flock(directory_, LOCK_UN);
}

bool StateDirectory::is_abandoned() const {
    // A create makes the directory a moment before it locks it.
    constexpr int kLooks = 2;
    constexpr int kPauseMs = 10;
    for (int look = 0; look < kLooks; ++look) {
        if (look > 0) sys::sleep_ms(kPauseMs);
        if (!sys::flock(directory_, LOCK_SH | LOCK_NB)) return false;
        auto record = sys::fstatat(directory_, kRecordName, AT_SYMLINK_NOFOLLOW);
        const bool is_removed = !check_linked();
        unlock();
        if (record || record.error().value != ENOENT || is_removed) return false;
    }
    return check_made_by_crux().has_value();
}

Status StateDirectory::check_made_by_crux() const {
    bool has_journal = false;
    std::string other;
    // Another descriptor: remove() reads the directory from its beginning.
    const sys::Fd directory = TRY(sys::openat(directory_, ".", O_RDONLY | O_DIRECTORY)
                                      .during(cat("open the state directory ", path_)));
    TRY(sys::for_each_entry(directory, [&](const sys::Entry& entry) {
            const std::string_view name = entry.name;
            if (name == launch::kJournalName) has_journal = true;
            // What create makes before its journal.
            const bool is_early = name.starts_with(kConfigName) || name == kNotifyFolder;
            if (!is_early && name != ".." && name != ".") other = name;
        }).during(cat("read the state directory ", path_)));
    if (has_journal || other.empty()) return {};
    return fail(Error::Kind::state,
                cat("the state directory of ", id_, " was not made by crux (it has ", quoted(other),
                    " and no journal): nothing was removed"));
}

Result<std::string> StateDirectory::read_record_text() const {
    return sys::read_trusted_file(directory_, kRecordName, kRecordLimit);
}

Result<oci::ContainerRecord> StateDirectory::read_record() const {
    auto text = read_record_text();
    if (!text && text.error().code() == ENOENT) {
        auto peer = TRY(read_crun_record(*this));
        if (peer) return std::move(*peer);
        return does_not_exist();
    }
    const std::string json = TRY(std::move(text).during(path_of(kRecordName)));
    oci::ContainerRecord record = TRY(oci::read_record(json));
    if (record.id != id_)
        return fail(Error::Kind::state,
                    cat(path_of(kRecordName), ": is that of container ", quoted(record.id)));
    return record;
}

Status StateDirectory::write_record(const oci::ContainerRecord& record) const {
    TRY(replace(kRecordName, oci::write_record(record)));
    // crun's name for it. Without it only crun does not know the container.
    (void)sys::symlinkat(kRecordName, directory_, kCrunStatusName);
    return {};
}

Status StateDirectory::replace(const char* name, std::string_view text) const {
    const std::string fresh = cat(name, ".new");
    (void)sys::unlinkat(directory_, fresh);
    TRY(write_new(fresh.c_str(), text));
    return sys::renameat2(directory_, fresh, directory_, name)
        .during(cat("replace ", path_of(name)));
}

Status StateDirectory::write_new(const char* name, std::string_view text) const {
    const sys::Fd file =
        TRY(sys::openat(directory_, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kFileMode)
                .during(path_of(name)));
    return sys::write_all(file, text).during(path_of(name));
}

Status StateDirectory::remove_entry(const std::string& name) const {
    auto gone = sys::unlinkat(directory_, name);
    if (!gone && gone.error().value == EISDIR) {
        const sys::Fd folder =
            TRY(sys::open_beneath(directory_, name, O_RDONLY | O_DIRECTORY).during(path_of(name)));
        std::vector<std::string> names;
        TRY(sys::for_each_entry(folder, [&](const sys::Entry& entry) {
                names.emplace_back(entry.name);
            }).during(path_of(name)));
        for (const std::string& inner : names) (void)sys::unlinkat(folder, inner);
        gone = sys::unlinkat(directory_, name, AT_REMOVEDIR);
    }
    if (!gone && gone.error().value != ENOENT)
        return std::unexpected(Error(gone.error()).during(cat("remove ", path_of(name))));
    return {};
}

Status StateDirectory::remove() const {
    // First: what a kill leaves from here on is half-made, and no command takes it for a container.
    auto forgotten = sys::unlinkat(directory_, kRecordName);
    if (!forgotten && forgotten.error().value != ENOENT)
        return std::unexpected(
            Error(forgotten.error()).during(cat("remove ", path_of(kRecordName))));
    std::vector<std::string> names;
    TRY(sys::for_each_entry(directory_, [&](const sys::Entry& entry) {
            if (entry.name != std::string_view(launch::kJournalName))
                names.emplace_back(entry.name);
        }).during(cat("read the state directory ", path_)));
    // Last: it says whose the directory is.
    names.emplace_back(launch::kJournalName);
    for (const std::string& name : names) TRY(remove_entry(name));
    auto gone = sys::unlinkat(root_, id_, AT_REMOVEDIR);
    if (!gone && gone.error().value != ENOENT)
        return std::unexpected(
            Error(gone.error()).during(cat("remove the state directory ", path_)));
    return {};
}

}  // namespace crux::container
