#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/container/existing.h"
#include "runtime/container/operations.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"

namespace crux::container {

namespace {

/// The user's name from /etc/passwd, or "#UID". Not by getpwuid(3), which loads modules, and a
/// static program cannot.
std::string name_of(uid_t uid) {
    auto passwd = sys::read_file("/etc/passwd");
    if (passwd) {
        for (const std::string_view line : split(*passwd, '\n')) {
            const std::vector<std::string_view> fields = split(line, ':');
            constexpr std::size_t kUid = 2;
            if (fields.size() > kUid && to_number<uid_t>(fields[kUid]) == uid)
                return std::string(fields[0]);
        }
    }
    return cat('#', uid);
}

/// Nothing for a container that does not exist.
std::optional<ListEntry> entry_of(const StateRoot& state_root, const std::string& id) {
    ListEntry entry;
    auto container = load(state_root, id);
    if (!container) {
        if (is_missing(container.error())) return std::nullopt;
        entry.error = cat("load container ", id, ": ", container.error().message());
        return entry;
    }
    auto document = state_of(*container);
    if (!document) {
        entry.error = cat("load container ", id, ": ", document.error().message());
        return entry;
    }
    entry.state = std::move(*document);
    auto status = sys::fstat(container->state.directory());
    if (status) entry.owner = name_of(status->st_uid);
    return entry;
}

}  // namespace

Result<std::vector<std::string>> ids(const StateRoot& state_root) {
    const sys::Fd root = TRY(open_root(state_root));
    std::vector<std::string> found;
    TRY(sys::for_each_entry(root, [&](const sys::Entry& entry) {
            if (check_id(entry.name)) found.emplace_back(entry.name);
        }).during(cat("read ", state_root.path)));
    std::ranges::sort(found);
    return found;
}

Result<std::vector<ListEntry>> list(const StateRoot& state_root) {
    const std::vector<std::string> all = TRY(ids(state_root));
    std::vector<ListEntry> entries;
    for (const std::string& id : all) {
        std::optional<ListEntry> entry = entry_of(state_root, id);
        // A container that was removed meanwhile, or is being created, is not an error.
        if (entry) entries.push_back(std::move(*entry));
    }
    return entries;
}

}  // namespace crux::container
