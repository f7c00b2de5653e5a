#include <algorithm>
#include <cerrno>
#include <ranges>

#include "runtime/base/text.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/group.h"
#include "runtime/sys/directory.h"

namespace crux::cgroup {

namespace {

constexpr mode_t kMode = 0755;
constexpr std::string_view kCpusetFiles[] = {"cpuset.cpus", "cpuset.mems"};

bool sets(const Limits& limits, std::uint32_t dir, std::string_view file) {
    return std::ranges::any_of(limits.settings, [&](const Setting& setting) {
        return setting.dir == dir && setting.file == file;
    });
}

/// Makes the cgroup directory of one hierarchy and records what is new. Names are relative to the
/// base.
class Maker {
 public:
    Maker(sys::FdRef base, std::string_view above, const std::string& name, std::size_t top,
          bool is_cpuset)
        : base_(base), above_(above), name_(name), top_(top), is_cpuset_(is_cpuset) {}

    /// The names of the new ancestors, the topmost first.
    std::vector<std::string> ancestors;
    bool made = false;

    Status make() {
        // Another runtime may remove an ancestor that it made, just after this process found it.
        constexpr int kTries = 8;
        for (int attempt = 1;; ++attempt) {
            auto result = sys::mkdirat(base_, name_, kMode);
            made = result.has_value();
            if (made || result.error().value == EEXIST) return {};
            if (result.error().value != ENOENT || attempt == kTries)
                return std::unexpected(failed(name_, result.error()));
            TRY(make_ancestors());
        }
    }

    /// Copies the values that an empty cpuset requires from its parent.
    Status fill(const std::string& name, std::string_view file) {
        std::size_t slash = name.rfind('/');
        std::string parent = name.substr(0, slash);
        std::string from = cat(parent, "/", file);
        std::string text = TRY(read(from));
        // Another process made the parent and left it empty: no process could ever enter a cgroup
        // below it.
        if (trimmed(text).empty() && slash > top_) {
            TRY(fill(parent, file));
            text = TRY(read(from));
        }
        std::string to = cat(name, "/", file);
        return sys::write_file(base_, to, trimmed(text)).during(path(to));
    }

    Status fill_if_empty(const std::string& name, std::string_view file) {
        std::string text = TRY(read(cat(name, "/", file)));
        if (!trimmed(text).empty()) return {};
        return fill(name, file);
    }

 private:
    Status make_ancestors() {
        for (std::size_t slash = name_.find('/', top_ + 1); slash != std::string_view::npos;
             slash = name_.find('/', slash + 1)) {
            std::string ancestor = name_.substr(0, slash);
            auto result = sys::mkdirat(base_, ancestor, kMode);
            if (!result && result.error().value == EEXIST) continue;
            if (!result) return std::unexpected(failed(ancestor, result.error()));
            ancestors.push_back(ancestor);
            if (!is_cpuset_) continue;
            for (std::string_view file : kCpusetFiles) TRY(fill(ancestor, file));
        }
        return {};
    }

    [[nodiscard]] Result<std::string> read(const std::string& name) const {
        return read_value(base_, name).during(path(name));
    }
    [[nodiscard]] std::string path(std::string_view name) const { return cat(above_, name); }
    [[nodiscard]] Error failed(std::string_view name, Errno error) const {
        return Error(error).during(cat("create cgroup ", path(name)));
    }

    sys::FdRef base_;
    std::string_view above_;
    const std::string& name_;
    std::size_t top_;  ///< where the mount point ends in the name
    bool is_cpuset_;
};

}  // namespace

Result<std::vector<std::string>> Group::missing_ancestors(std::span<const CgroupDir> dirs) {
    std::vector<std::string> missing;
    for (const CgroupDir& dir : dirs) {
        auto at = static_cast<std::ptrdiff_t>(missing.size());
        std::string_view path = dir.path;
        for (std::size_t slash = path.rfind('/'); slash != 0 && slash != std::string_view::npos;
             slash = path.rfind('/', slash - 1)) {
            std::string ancestor = dir.mountpoint + std::string(path.substr(0, slash));
            auto found = sys::faccessat(sys::FdRef::cwd(), ancestor, F_OK);
            if (found) break;
            // One that is taken for existing would not be removed.
            if (found.error().value != ENOENT)
                return std::unexpected(Error(found.error()).during(ancestor));
            missing.insert(missing.begin() + at, std::move(ancestor));
        }
    }
    return missing;
}

Result<Group> Group::create(std::vector<CgroupDir> dirs, const Limits& limits) {
    return made(std::move(dirs), limits, {});
}

Result<Group> Group::adopt(std::vector<CgroupDir> dirs, const Limits& limits,
                           std::optional<pid_t> keeper) {
    return made(std::move(dirs), limits, {.only_empty = false, .keeper = keeper});
}

Status Group::check_unused(std::vector<CgroupDir> dirs) {
    const auto numbers =
        std::views::iota(std::uint32_t{0}, static_cast<std::uint32_t>(dirs.size()));
    const std::vector<std::uint32_t> all(numbers.begin(), numbers.end());
    const Group group = TRY(open(std::move(dirs)));
    return group.check_taken(all);
}

Result<Group> Group::made(std::vector<CgroupDir> dirs, const Limits& limits, Existing existing) {
    Group group = TRY(open(std::move(dirs)));
    Status made = group.make(limits, existing);
    if (made) return group;
    // New directories are empty, so this only fails if a process enters them meanwhile.
    group.remove_made();
    return std::unexpected(std::move(made).error());
}

Status Group::make(const Limits& limits, Existing existing) {
    std::vector<std::uint32_t> taken;
    for (std::uint32_t i = 0; i < dirs_.size(); ++i) {
        TRY(make_dir(i, limits));
        if (!is_new_[i]) taken.push_back(i);
    }
    TRY(hold_unified());
    if (existing.only_empty && !taken.empty()) TRY(check_taken(taken));
    if (existing.keeper) TRY(add(*existing.keeper));
    return enable_controllers(limits);
}

Status Group::make_dir(std::uint32_t dir, const Limits& limits) {
    bool is_cpuset = dirs_[dir].version == 1 && dirs_[dir].has("cpuset");
    std::size_t top = names_[dir].size() - dirs_[dir].path.size();
    Maker maker(base_, above_, names_[dir], top, is_cpuset);
    Status made = maker.make();
    for (const std::string& ancestor : maker.ancestors) ancestors_.push_back(above_ + ancestor);
    is_new_[dir] = maker.made;
    TRY(std::move(made));
    if (!is_cpuset) return {};
    for (std::string_view file : kCpusetFiles) {
        if (sets(limits, dir, file)) continue;
        if (maker.made)
            TRY(maker.fill(names_[dir], file));
        else
            TRY(maker.fill_if_empty(names_[dir], file));
    }
    return {};
}

Status Group::check_taken(std::span<const std::uint32_t> taken) const {
    std::vector<pid_t> found = TRY(processes_in(taken));
    if (!found.empty())
        return fail(Error::Kind::state,
                    cat("container's cgroup is not empty: ", found.size(), " process(es) found"));
    FreezerState state = TRY(freezer_state());
    if (state == FreezerState::frozen || state == FreezerState::freezing)
        return fail(Error::Kind::state, "container's cgroup unexpectedly frozen");
    return {};
}

}  // namespace crux::cgroup
