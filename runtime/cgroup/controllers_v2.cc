#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/group.h"

namespace crux::cgroup {

namespace {

using Names = std::vector<std::string>;

bool holds(const Names& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

Names words(std::string_view text) {
    Names names;
    for (std::string_view word : split(trimmed(text), ' '))
        if (!word.empty()) names.emplace_back(word);
    return names;
}

/// The controllers whose files the limits write: "memory.max" requires memory. cgroup.* files
/// always exist.
Names needed(const Limits& limits, std::uint32_t dir) {
    Names names;
    for (const Setting& setting : limits.settings) {
        if (setting.dir != dir) continue;
        std::string controller = setting.file.substr(0, setting.file.find('.'));
        if (controller != "cgroup" && !holds(names, controller)) names.push_back(controller);
    }
    return names;
}

/// The pointer of the first setting that requires the controller.
std::string origin_of(const Limits& limits, std::uint32_t dir, const std::string& controller) {
    for (const Setting& setting : limits.settings)
        if (setting.dir == dir && setting.file.starts_with(controller + ".")) return setting.origin;
    return {};
}

/// Controllers that work on threads, and so in any part of the tree (cgroups(7), thread mode).
bool is_threaded(std::string_view controller) {
    constexpr std::string_view kThreaded[] = {"cpu", "cpuset", "perf_event", "pids"};
    return std::ranges::find(kThreaded, controller) != std::end(kThreaded);
}

/// Enables controllers in the unified hierarchy, from the top of the mount to the parent of the
/// leaf.
class Enabler {
 public:
    Enabler(sys::FdRef base, std::string_view mountpoint, std::string_view top,
            std::string_view path)
        : base_(base), mountpoint_(mountpoint), top_(top), path_(path) {}

    /// Best effort: the caller must check afterwards which controllers are enabled.
    void enable(const Names& controllers, const Names& must) {
        std::string all;
        for (const std::string& controller : controllers)
            all += cat(all.empty() ? "+" : " +", controller);
        // Each slash of the path ends the name of one ancestor.
        for (std::size_t slash = 0; slash != std::string_view::npos;
             slash = path_.find('/', slash + 1)) {
            std::string_view ancestor = path_.substr(0, slash);
            const auto written = write(ancestor, all);
            if (written) continue;
            // A controller that this cgroup cannot enable must not prevent the others. But enabling
            // one turns a cgroup that has processes into the root of a threaded subtree
            // (cgroups(7)), which only a limit justifies.
            const bool has_processes = written.error().value == EBUSY;
            for (const std::string& controller : has_processes ? must : controllers)
                note(controller, ancestor, write(ancestor, cat("+", controller)));
        }
    }

    /// Why the controller did not reach the leaf.
    [[nodiscard]] Error why_not(const std::string& controller) const {
        for (const Failure& failure : failures_)
            if (failure.controller == controller) return reason(failure);
        return {Error::Kind::unsupported, cat("controller ", controller, " is not in ", mountpoint_,
                                              path_, "/cgroup.controllers")};
    }

 private:
    struct Failure {
        std::string controller;
        std::string ancestor;
        Errno error;
    };

    [[nodiscard]] Error reason(const Failure& failure) const {
        std::string ancestor = cat(mountpoint_, failure.ancestor);
        // EBUSY: only a cgroup without processes can enable these controllers for its children.
        if (failure.error.value == EBUSY)
            return {Error::Kind::unsupported,
                    cat("cannot use controller ", failure.controller, " in ", mountpoint_, path_,
                        ": ", ancestor, " has processes")};
        return Error(failure.error)
            .during(cat("enable controller ", failure.controller, " in ", ancestor,
                        "/cgroup.subtree_control"));
    }

    Result<void, Errno> write(std::string_view ancestor, std::string_view text) const {
        return sys::write_file(base_, cat(top_, ancestor, "/cgroup.subtree_control"), text);
    }

    void note(const std::string& controller, std::string_view ancestor,
              const Result<void, Errno>& written) {
        if (!written) failures_.push_back({controller, std::string(ancestor), written.error()});
    }

    sys::FdRef base_;
    std::string_view mountpoint_;
    std::string_view top_;  ///< the mount point, relative to the base
    std::string_view path_;
    std::vector<Failure> failures_;
};

}  // namespace

Status Group::enable_controllers(const Limits& limits) {
    int found = unified_dir(dirs_);
    if (found < 0) return {};
    auto index = static_cast<std::uint32_t>(found);
    const CgroupDir& dir = dirs_[index];
    Names must = needed(limits, index);
    // If the unified hierarchy is the only one, users and programs expect the files of every
    // controller there, with or without limits; on a hybrid host the other controllers are in v1.
    Names wanted = dirs_.size() == 1 ? dir.controllers : Names();
    for (const std::string& controller : must)
        if (!holds(wanted, controller)) wanted.push_back(controller);
    if (wanted.empty()) return {};
    auto lacking = [&](const Names& asked) -> Result<Names> {
        std::string text = TRY(read_value(unified_, "cgroup.controllers")
                                   .during(cat(dir.directory(), "/cgroup.controllers")));
        Names have = words(text);
        Names missing;
        for (const std::string& name : asked)
            if (!holds(have, name)) missing.push_back(name);
        return missing;
    };
    Names missing = TRY(lacking(wanted));
    if (missing.empty()) return {};
    std::string_view top = names_[index];
    top.remove_suffix(dir.path.size());
    Enabler enabler(base_, dir.mountpoint, top, dir.path);
    enabler.enable(missing, must);
    TRY(settle_type(must, limits));
    missing = TRY(lacking(must));
    if (missing.empty()) return {};
    return std::unexpected(
        enabler.why_not(missing.front()).at(origin_of(limits, index, missing.front())));
}

Status Group::settle_type(std::span<const std::string> controllers, const Limits& limits) const {
    auto type = read_value(unified_, "cgroup.type");
    if (!type || trimmed(*type) != "domain invalid") return {};
    // A new cgroup below a threaded one. It works in thread mode, but not with controllers of whole
    // processes (cgroups(7)).
    const auto index = static_cast<std::uint32_t>(unified_dir(dirs_));
    std::string directory = dirs_[index].directory();
    for (const std::string& controller : controllers)
        if (!is_threaded(controller))
            return std::unexpected(Error(Error::Kind::unsupported,
                                         cat("cannot use controller ", controller, " in ",
                                             directory, ": the cgroup is below a threaded cgroup"))
                                       .at(origin_of(limits, index, controller)));
    return sys::write_file(unified_, "cgroup.type", "threaded")
        .during(cat(directory, "/cgroup.type"));
}

}  // namespace crux::cgroup
