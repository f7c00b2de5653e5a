#include "runtime/launch/journal.h"

#include <cerrno>
#include <optional>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/trusted.h"

namespace crux::launch {

namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ' ')
            out += "\\040";
        else if (c == '\n')
            out += "\\012";
        else if (c == '\\')
            out += "\\134";
        else
            out += c;
    }
    return out;
}

/// The text that `escaped` made this word of; nothing if it made none.
std::optional<std::string> unescaped(std::string_view word) {
    std::string out;
    constexpr std::size_t kEscape = 4;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (word[i] != '\\') {
            out += word[i];
            continue;
        }
        const std::string_view code = word.substr(i, kEscape);
        if (code == "\\040")
            out += ' ';
        else if (code == "\\012")
            out += '\n';
        else if (code == "\\134")
            out += '\\';
        else
            return std::nullopt;
        i += kEscape - 1;
    }
    return out;
}

/// An absolute path without empty, "." and ".." names, as crux makes them.
std::optional<std::string> path_of(std::string_view word) {
    constexpr std::size_t kLongest = 4095;
    std::optional<std::string> path = unescaped(word);
    if (!path || path->size() > kLongest || !path->starts_with('/')) return std::nullopt;
    if (path->find('\0') != std::string::npos) return std::nullopt;
    for (const std::string_view name : split(std::string_view(*path).substr(1), '/'))
        if (name.empty() || name == "." || name == "..") return std::nullopt;
    return path;
}

/// The name of a systemd unit.
std::optional<std::string> unit_of(std::string_view word) {
    constexpr std::size_t kLongest = 255;
    std::optional<std::string> name = unescaped(word);
    if (!name || name->empty() || name->size() > kLongest) return std::nullopt;
    if (name->find_first_of(std::string_view("/\n\0", 3)) != std::string::npos) return std::nullopt;
    return name;
}

using Words = std::vector<std::string_view>;

bool read_cgroup(const Words& words, Journal::Content& content) {
    constexpr std::size_t kWords = 5;
    // More than any host mounts.
    constexpr std::size_t kMost = 128;
    if (words.size() != kWords || content.cgroup.size() == kMost) return false;
    if (words[1] != "1" && words[1] != "2") return false;
    auto mountpoint = path_of(words[2]);
    auto path = path_of(words[3]);
    if (!mountpoint || !path) return false;
    cgroup::CgroupDir place;
    place.version = words[1] == "2" ? 2 : 1;
    place.mountpoint = std::move(*mountpoint);
    place.path = std::move(*path);
    if (!words[4].empty())
        for (const std::string_view name : split(words[4], ',')) {
            if (name.empty() || name.find('/') != std::string_view::npos) return false;
            place.controllers.emplace_back(name);
        }
    content.cgroup.push_back(std::move(place));
    return true;
}

bool read_path(const Words& words, std::vector<std::string>& paths) {
    if (words.size() != 2) return false;
    auto path = path_of(words[1]);
    if (path) paths.push_back(std::move(*path));
    return path.has_value();
}

bool read_unit(const Words& words, Journal::Content& content) {
    constexpr std::size_t kWords = 3;
    if (words.size() != kWords || content.unit) return false;
    if (words[2] != "user" && words[2] != "system") return false;
    auto name = unit_of(words[1]);
    if (name) content.unit = {std::move(*name), words[2] == "user"};
    return name.has_value();
}

bool read_mount(const Words& words, Journal::Content& content) {
    constexpr std::size_t kWords = 3;
    if (words.size() != kWords || content.mount) return false;
    const auto id = to_number<std::uint64_t>(words[1]);
    auto path = path_of(words[2]);
    if (!id || !path) return false;
    content.mount = {*id, std::move(*path)};
    return true;
}

/// False for a line that Journal does not write.
bool read_line(const Words& words, Journal::Content& content) {
    if (words[0] == "cgroup") return read_cgroup(words, content);
    if (words[0] == "ancestor") return read_path(words, content.ancestors);
    if (words[0] == "directory") return read_path(words, content.directories);
    if (words[0] == "unit") return read_unit(words, content);
    if (words[0] == "mount") return read_mount(words, content);
    if (words[0] != "ours" || words.size() != 1) return false;
    content.cgroup_is_ours = true;
    return true;
}

}  // namespace

std::string journal_line(const Journal::Mount& mount) {
    return cat("mount ", mount.id, ' ', escaped(mount.path), '\n');
}

std::string journal_line(const Journal::SystemdUnit& unit) {
    return cat("unit ", escaped(unit.name), unit.user ? " user\n" : " system\n");
}

std::string journal_lines(const std::vector<cgroup::CgroupDir>& places,
                          const std::vector<std::string>& ancestors) {
    std::string lines;
    for (const cgroup::CgroupDir& place : places)
        lines += cat("cgroup ", place.version, ' ', escaped(place.mountpoint), ' ',
                     escaped(place.path), ' ', join(place.controllers, ","), '\n');
    for (const std::string& path : ancestors) lines += cat("ancestor ", escaped(path), '\n');
    return lines;
}

Result<Journal::Content> parse_journal(std::string_view text) {
    Journal::Content content;
    std::size_t number = 1;
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        if (!read_line(split(text.substr(0, end), ' '), content))
            return fail(Error::Kind::state, cat("journal: line ", number, " is invalid"));
        text.remove_prefix(end + 1);
        ++number;
    }
    return content;
}

Result<Journal> Journal::create(sys::FdRef state_directory, std::string path) {
    constexpr mode_t kMode = 0600;
    sys::Fd file = TRY(sys::openat(state_directory, kJournalName,
                                   O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, kMode)
                           .during(cat("create the journal ", path)));
    return Journal(std::move(file), std::move(path));
}

Result<Journal::Content> Journal::read(sys::FdRef state_directory) {
    constexpr std::size_t kLimit = std::size_t{1} << 20U;
    auto text = sys::read_trusted_file(state_directory, kJournalName, kLimit);
    if (!text && text.error().code() == ENOENT) return Content{};
    const std::string lines = TRY(std::move(text).during(kJournalName));
    return parse_journal(lines);
}

Status Journal::append(std::string_view lines) {
    if (lines.empty()) return {};
    TRY(sys::write_all(file_, lines).during(cat("write the journal ", path_)));
    text_ += lines;
    return {};
}

Status Journal::note_cgroup(const std::vector<cgroup::CgroupDir>& places,
                            const std::vector<std::string>& ancestors) {
    return append(journal_lines(places, ancestors));
}

Status Journal::note_unit(const SystemdUnit& unit) {
    return append(journal_line(unit));
}

Status Journal::note_mount(const Mount& mount) {
    return append(journal_line(mount));
}

Status Journal::note_cgroup_is_ours() {
    return append("ours\n");
}

Status Journal::note_directories(const std::vector<std::string>& paths) {
    std::string lines;
    for (const std::string& path : paths) lines += cat("directory ", escaped(path), '\n');
    return append(lines);
}

}  // namespace crux::launch
