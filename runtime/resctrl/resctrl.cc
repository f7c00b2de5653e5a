#include "runtime/resctrl/resctrl.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"

namespace crux::resctrl {

namespace {

constexpr const char* kPlace = "/linux/intelRdt";

/// The lines to write, in the order of the specification: `schemata` last.
std::vector<std::string> lines_of(const oci::IntelRdt& wanted) {
    std::vector<std::string> lines;
    if (!wanted.l3_cache_schema.empty()) lines.push_back(wanted.l3_cache_schema);
    if (!wanted.mem_bw_schema.empty()) lines.push_back(wanted.mem_bw_schema);
    lines.insert(lines.end(), wanted.schemata.begin(), wanted.schemata.end());
    return lines;
}

/// The kernel's reason for the last refusal.
std::string last_status(const Placement& placement) {
    auto text = sys::read_file(cat(placement.mountpoint, "/info/last_cmd_status"));
    if (!text) return {};
    const std::string_view words = trimmed(*text);
    return words.empty() || words == "ok" ? std::string() : cat(" (", words, ')');
}

/// Makes a directory; returns whether it is new.
Result<bool> make_directory(const Placement& placement, const std::string& path) {
    constexpr mode_t kMode = 0755;
    auto made = sys::mkdirat(sys::FdRef::cwd(), path, kMode);
    if (made) return true;
    if (made.error().value == EEXIST) return false;
    return std::unexpected(
        Error(made.error()).during(cat("mkdir ", path, last_status(placement))).at(kPlace));
}

Status write_schemata(const oci::IntelRdt& wanted, const Placement& placement) {
    const std::string path = placement.group + "/schemata";
    for (const std::string& line : lines_of(wanted)) {
        // One write for each line: the kernel handles a write as a whole, and then the error could
        // not name the line.
        auto written = sys::write_file(path, line + '\n');
        if (!written)
            return std::unexpected(
                Error(written.error())
                    .during(cat("write ", quoted(line), " to ", path, last_status(placement)))
                    .at(kPlace));
    }
    return {};
}

Status compare_schemata(const oci::IntelRdt& wanted, const Placement& placement) {
    const std::string path = placement.group + "/schemata";
    const std::string present = TRY(sys::read_file(path).during(path).at(kPlace));
    for (const std::string& line : lines_of(wanted))
        if (!schemata_match(line, present))
            return std::unexpected(
                Error(Error::Kind::state,
                      cat("class ", placement.group, " exists, but its schemata do not match ",
                          quoted(line)))
                    .at(kPlace));
    return {};
}

Status prepare_group(const oci::IntelRdt& wanted, const Placement& placement, bool& made) {
    const bool writes = !lines_of(wanted).empty();
    if (placement.group == placement.mountpoint)
        return writes ? write_schemata(wanted, placement) : Status();
    if (!wanted.clos_id.empty() && !writes) {
        // A class of that name must exist already.
        auto there = sys::faccessat(sys::FdRef::cwd(), placement.group, F_OK);
        if (there) return {};
        if (there.error().value != ENOENT)
            return std::unexpected(
                Error(there.error()).during(placement.group).at("/linux/intelRdt/closID"));
        return std::unexpected(
            Error(Error::Kind::state, cat("class ", placement.group, " does not exist"))
                .at("/linux/intelRdt/closID"));
    }
    made = TRY(make_directory(placement, placement.group));
    if (!writes) return {};
    return made ? write_schemata(wanted, placement) : compare_schemata(wanted, placement);
}

Status remove_directory(const std::string& path) {
    if (path.empty()) return {};
    auto removed = sys::unlinkat(sys::FdRef::cwd(), path, AT_REMOVEDIR);
    if (removed || removed.error().value == ENOENT) return {};
    return std::unexpected(Error(removed.error()).during(cat("remove ", path)));
}

/// "L3:0=00f;1=f0" as its resource and its domains.
using Domains = std::map<std::string, std::string, std::less<>>;

std::pair<std::string_view, Domains> parse_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    std::pair<std::string_view, Domains> out{trimmed(line.substr(0, colon)), {}};
    if (colon == std::string_view::npos) return out;
    for (const std::string_view domain : split(line.substr(colon + 1), ';')) {
        const std::size_t equals = domain.find('=');
        if (equals == std::string_view::npos) continue;
        std::string_view value = trimmed(domain.substr(equals + 1));
        while (value.size() > 1 && value.front() == '0') value.remove_prefix(1);
        std::string key(trimmed(domain.substr(0, equals)));
        std::string lower(value);
        for (char& c : lower)
            if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
        out.second.emplace(std::move(key), std::move(lower));
    }
    return out;
}

}  // namespace

Status change(const oci::IntelRdt& wanted, const Placement& placement) {
    return write_schemata(wanted, placement);
}

bool schemata_match(std::string_view wanted, std::string_view present) {
    for (const std::string_view line : split(wanted, '\n')) {
        if (trimmed(line).empty()) continue;
        const auto asked = parse_line(line);
        const bool held = std::ranges::any_of(split(present, '\n'), [&](std::string_view there) {
            const auto found = parse_line(there);
            return found.first == asked.first &&
                   std::ranges::all_of(asked.second, [&](const auto& domain) {
                       const auto at = found.second.find(domain.first);
                       return at != found.second.end() && at->second == domain.second;
                   });
        });
        if (!held) return false;
    }
    return true;
}

std::string find_mountpoint(std::string_view mountinfo) {
    for (const std::string_view line : split(mountinfo, '\n')) {
        if (line.find(" - resctrl ") == std::string_view::npos) continue;
        constexpr std::size_t kMountPoint = 4;
        const auto words = split(line, ' ');
        if (words.size() > kMountPoint) return std::string(words[kMountPoint]);
    }
    return {};
}

Placement place_for(const oci::IntelRdt& wanted, std::string_view id,
                    const std::string& mountpoint) {
    Placement out;
    out.mountpoint = mountpoint;
    if (wanted.clos_id == "/")
        out.group = mountpoint;
    else
        out.group = cat(mountpoint, '/', wanted.clos_id.empty() ? id : wanted.clos_id);
    if (wanted.enable_monitoring) out.monitor = cat(out.group, "/mon_groups/", id);
    out.removes_group = wanted.clos_id.empty();
    return out;
}

Status prepare(const oci::IntelRdt& wanted, const Placement& placement) {
    bool made = false;
    Status done = prepare_group(wanted, placement, made);
    if (done && !placement.monitor.empty()) {
        auto monitor = make_directory(placement, placement.monitor);
        if (!monitor) done = std::unexpected(std::move(monitor).error());
    }
    if (!done && made) (void)remove_directory(placement.group);
    return done;
}

Status enter(const Placement& placement, pid_t pid) {
    for (const std::string& directory : {placement.group, placement.monitor}) {
        if (directory.empty()) continue;
        const std::string path = directory + "/tasks";
        TRY(sys::write_file(path, cat(pid)).during(cat("enter ", directory)).at(kPlace));
    }
    return {};
}

}  // namespace crux::resctrl
