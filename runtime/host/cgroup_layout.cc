#include "runtime/host/cgroup_layout.h"

#include <algorithm>
#include <map>
#include <utility>

#include "runtime/base/text.h"

namespace crux::host {

namespace {

/// The pieces between blanks; several blanks count as one.
std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> pieces = split(text, ' ');
    std::erase(pieces, std::string_view());
    return pieces;
}

std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> pieces = split(text, '\n');
    std::erase(pieces, std::string_view());
    return pieces;
}

/// Whether the path is the directory or lies below it. Both are absolute.
bool is_within(std::string_view path, std::string_view directory) {
    if (directory == "/") return true;
    return path.starts_with(directory) &&
           (path.size() == directory.size() || path[directory.size()] == '/');
}

std::optional<MountEntry> parse_mount(std::string_view line) {
    // 36 35 98:0 /root /point rw,noatime shared:1 - ext4 /dev/root rw,errors=continue
    // Any number of optional fields precede the single dash.
    constexpr std::size_t kFixedFields = 6;
    std::vector<std::string_view> fields = words(line);
    auto dash = std::ranges::find(fields, "-");
    if (dash - fields.begin() < static_cast<std::ptrdiff_t>(kFixedFields)) return std::nullopt;
    // If the source is empty, two blanks follow each other: count from the end.
    const auto rest = fields.end() - dash;
    if (rest < 3) return std::nullopt;
    auto id = to_number<int>(fields[0]);
    auto parent = to_number<int>(fields[1]);
    if (!id || !parent) return std::nullopt;
    return MountEntry{.id = *id,
                      .parent = *parent,
                      .root = fields[3],
                      .mountpoint = fields[4],
                      .type = dash[1],
                      .options = fields.back()};
}

/// Finds the mounts that another mount hides.
class Visibility {
 public:
    explicit Visibility(const std::vector<MountEntry>& mounts)
        : mounts_(mounts), states_(mounts.size(), State::unknown) {
        for (const MountEntry& mount : mounts) {
            by_id_.emplace(mount.id, &mount);
            children_.emplace(mount.parent, &mount);
        }
    }

    /// Whether a path lookup through the mount point no longer reaches the mount.
    [[nodiscard]] bool hidden(const MountEntry& mount) {
        std::vector<State*> way;
        State found = State::visible;
        for (const MountEntry* at = &mount; at != nullptr; at = parent_of(*at)) {
            State& state = states_[static_cast<std::size_t>(at - mounts_.data())];
            if (state != State::unknown) {
                found = state;
                break;
            }
            way.push_back(&state);
            // Also the end of the loop where the file contains a circle of parents.
            state = State::visible;
            if (!covered(*at)) continue;
            found = State::hidden;
            break;
        }
        for (State* state : way) *state = found;
        return found == State::hidden;
    }

 private:
    /// What is known of a mount; each is examined once.
    enum class State : std::uint8_t { unknown, visible, hidden };

    [[nodiscard]] const MountEntry* parent_of(const MountEntry& mount) const {
        auto parent = by_id_.find(mount.parent);
        return parent == by_id_.end() ? nullptr : parent->second;
    }
    [[nodiscard]] bool covered(const MountEntry& mount) const {
        // On top of its root.
        auto [child, children_end] = children_.equal_range(mount.id);
        for (; child != children_end; ++child)
            if (child->second->mountpoint == mount.mountpoint && child->second != &mount)
                return true;
        // On a directory above its mount point; if that mount were older, it would be the parent.
        auto [sibling, siblings_end] = children_.equal_range(mount.parent);
        for (; sibling != siblings_end; ++sibling) {
            const std::string_view point = sibling->second->mountpoint;
            if (sibling->second != &mount && point != mount.mountpoint && point != "/" &&
                is_within(mount.mountpoint, point))
                return true;
        }
        return false;
    }

    const std::vector<MountEntry>& mounts_;
    std::vector<State> states_;
    std::map<int, const MountEntry*> by_id_;
    std::multimap<int, const MountEntry*> children_;
};

bool is_mount_of(const MountEntry& mount, const Membership& membership) {
    if (membership.controllers.empty()) return mount.type == "cgroup2";
    if (mount.type != "cgroup") return false;
    const std::vector<std::string_view> options = split(mount.options, ',');
    return std::ranges::all_of(membership.controllers, [&](std::string_view controller) {
        return std::ranges::find(options, controller) != options.end();
    });
}

/// The best visible mount of the hierarchy, or null; see parse_cgroup_layout.
const MountEntry* best_mount(const std::vector<MountEntry>& mounts, Visibility& visibility,
                             const Membership& membership) {
    const MountEntry* best = nullptr;
    int best_rank = -1;
    for (const MountEntry& mount : mounts) {
        if (!is_mount_of(mount, membership) || visibility.hidden(mount)) continue;
        const bool shows_own =
            directory_in_mount("/", unescaped(mount.root), membership.path).has_value();
        const bool usual_place = is_within(mount.mountpoint, "/sys/fs/cgroup");
        const int rank = (shows_own ? 2 : 0) + (usual_place ? 1 : 0);
        if (rank <= best_rank) continue;
        best = &mount;
        best_rank = rank;
    }
    return best;
}

CgroupMode mode_of(const std::vector<CgroupHierarchy>& hierarchies) {
    const auto has_version = [&](int version) {
        return std::ranges::any_of(
            hierarchies, [&](const CgroupHierarchy& entry) { return entry.version == version; });
    };
    if (has_version(1)) return has_version(2) ? CgroupMode::hybrid : CgroupMode::v1;
    return has_version(2) ? CgroupMode::v2 : CgroupMode::none;
}

}  // namespace

Result<std::vector<Membership>> parse_memberships(std::string_view text) {
    std::vector<Membership> memberships;
    for (std::string_view line : lines(text)) {
        // The path may contain colons.
        const std::size_t first = line.find(':');
        const std::size_t second =
            first == std::string_view::npos ? first : line.find(':', first + 1);
        if (second == std::string_view::npos || !line.substr(second + 1).starts_with('/'))
            return fail(Error::Kind::os, cat("/proc/self/cgroup: cannot parse ", quoted(line)));
        Membership membership;
        const std::string_view controllers = line.substr(first + 1, second - first - 1);
        if (!controllers.empty()) membership.controllers = split(controllers, ',');
        membership.path = line.substr(second + 1);
        memberships.push_back(std::move(membership));
    }
    return memberships;
}

Result<std::vector<MountEntry>> parse_mountinfo(std::string_view text) {
    std::vector<MountEntry> mounts;
    for (std::string_view line : lines(text)) {
        auto mount = parse_mount(line);
        if (!mount)
            return fail(Error::Kind::os, cat("/proc/self/mountinfo: cannot parse ", quoted(line)));
        mounts.push_back(*mount);
    }
    return mounts;
}

std::string unescaped(std::string_view name) {
    constexpr std::size_t kDigits = 3;
    std::string out;
    out.reserve(name.size());
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '\\') {
            auto code = to_number<unsigned char>(name.substr(i + 1, kDigits), 8);
            if (code && name.size() - i > kDigits) {
                out += static_cast<char>(*code);
                i += kDigits;
                continue;
            }
        }
        out += name[i];
    }
    return out;
}

std::optional<std::string> directory_in_mount(std::string_view mountpoint, std::string_view root,
                                              std::string_view path) {
    // "/.." stands for a cgroup above the root of our cgroup namespace, which no mount shows.
    if (is_within(path, "/..") || !is_within(path, root)) return std::nullopt;
    const std::string_view rest = root == "/" ? path : path.substr(root.size());
    if (rest.empty() || rest == "/") return std::string(mountpoint);
    if (mountpoint == "/") return std::string(rest);
    return cat(mountpoint, rest);
}

std::vector<std::string> parse_controllers(std::string_view text) {
    std::vector<std::string> controllers;
    for (std::string_view word : words(trimmed(text))) controllers.emplace_back(word);
    return controllers;
}

Result<CgroupLayout> parse_cgroup_layout(std::string_view memberships, std::string_view mountinfo) {
    const std::vector<Membership> parsed = TRY(parse_memberships(memberships));
    const std::vector<MountEntry> mounts = TRY(parse_mountinfo(mountinfo));
    Visibility visibility(mounts);
    CgroupLayout layout;
    for (const Membership& membership : parsed) {
        const MountEntry* mount = best_mount(mounts, visibility, membership);
        if (mount == nullptr) continue;
        CgroupHierarchy hierarchy;
        hierarchy.version = membership.controllers.empty() ? 2 : 1;
        hierarchy.controllers.assign(membership.controllers.begin(), membership.controllers.end());
        hierarchy.mountpoint = unescaped(mount->mountpoint);
        hierarchy.own_path = membership.path;
        hierarchy.own_directory =
            directory_in_mount(hierarchy.mountpoint, unescaped(mount->root), membership.path)
                .value_or("");
        layout.hierarchies.push_back(std::move(hierarchy));
    }
    layout.mode = mode_of(layout.hierarchies);
    return layout;
}

std::optional<KernelVersion> parse_kernel_release(std::string_view release) {
    const std::size_t dot = release.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const std::string_view rest = release.substr(dot + 1);
    const std::string_view minor_text = rest.substr(0, rest.find_first_not_of("0123456789"));
    auto major = to_number<int>(release.substr(0, dot));
    auto minor = to_number<int>(minor_text);
    if (!major || !minor) return std::nullopt;
    return KernelVersion{.major = *major, .minor = *minor};
}

}  // namespace crux::host
