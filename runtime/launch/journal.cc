#include "runtime/launch/journal.h"

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace crux::launch {

namespace {

constexpr const char* kName = "journal";

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

std::string unescaped(std::string_view text) {
    std::string out;
    constexpr std::size_t kEscape = 4;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto code =
            text[i] == '\\' ? to_number<unsigned char>(text.substr(i + 1, 3), 8) : std::nullopt;
        if (code) {
            out += static_cast<char>(*code);
            i += kEscape - 1;
        } else {
            out += text[i];
        }
    }
    return out;
}

void read_cgroup(const std::vector<std::string_view>& words, Journal::Content& content) {
    constexpr std::size_t kWords = 5;
    if (words.size() != kWords) return;
    cgroup::CgroupDir place;
    place.version = words[1] == "2" ? 2 : 1;
    place.mountpoint = unescaped(words[2]);
    place.path = unescaped(words[3]);
    for (const std::string_view name : split(words[4], ','))
        if (!name.empty()) place.controllers.emplace_back(name);
    content.cgroup.push_back(std::move(place));
}

void read_unit(const std::vector<std::string_view>& words, Journal::Content& content) {
    constexpr std::size_t kWords = 3;
    if (words.size() != kWords || (words[2] != "user" && words[2] != "system")) return;
    content.unit = {unescaped(words[1]), words[2] == "user"};
}

void read_mount(const std::vector<std::string_view>& words, Journal::Content& content) {
    constexpr std::size_t kWords = 3;
    if (words.size() != kWords) return;
    const auto id = to_number<std::uint64_t>(words[1]);
    if (id) content.mount = {*id, unescaped(words[2])};
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

Journal::Content parse_journal(std::string_view text) {
    Journal::Content content;
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        const std::vector<std::string_view> words = split(text.substr(0, end), ' ');
        text.remove_prefix(end + 1);
        if (words[0] == "cgroup") read_cgroup(words, content);
        if (words[0] == "ancestor" && words.size() == 2)
            content.ancestors.push_back(unescaped(words[1]));
        if (words[0] == "directory" && words.size() == 2)
            content.directories.push_back(unescaped(words[1]));
        if (words[0] == "unit") read_unit(words, content);
        if (words[0] == "mount") read_mount(words, content);
        if (words[0] == "ours") content.cgroup_is_ours = true;
    }
    return content;
}

Result<Journal> Journal::create(sys::FdRef state_directory) {
    constexpr mode_t kMode = 0600;
    sys::Fd file = TRY(sys::openat(state_directory, kName,
                                   O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, kMode)
                           .during("create the journal"));
    return Journal(std::move(file));
}

Result<Journal::Content> Journal::read(sys::FdRef state_directory) {
    auto text = sys::read_file(state_directory, kName);
    if (!text && text.error().value == ENOENT) return Content{};
    if (!text) return std::unexpected(Error(text.error()).during("read the journal"));
    return parse_journal(*text);
}

Status Journal::append(std::string_view lines) {
    if (lines.empty()) return {};
    TRY(sys::write_all(file_, lines).during("write the journal"));
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
