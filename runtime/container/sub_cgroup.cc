#include "runtime/container/sub_cgroup.h"

#include <algorithm>
#include <string_view>

#include "runtime/base/text.h"

namespace crux::container {

namespace {

/// A controller whose cgroup is another one; "" for the unified hierarchy or, on v1, for all.
struct Move {
    std::string_view controller;
    std::string_view path;
};

Status note(std::vector<Move>& moves, std::string_view controller, std::string_view path) {
    const bool known =
        std::ranges::any_of(moves, [&](const Move& move) { return move.controller == controller; });
    if (known)
        return fail(Error::Kind::usage, cat("invalid --cgroup argument(s): controller ", controller,
                                            " specified multiple times"));
    moves.push_back({controller, path});
    return {};
}

Result<std::vector<Move>> parse(const std::vector<std::string>& arguments) {
    std::vector<Move> moves;
    for (const std::string& text : arguments) {
        const std::string_view argument = text;
        const std::size_t colon = argument.find(':');
        if (colon == std::string_view::npos) {
            if (arguments.size() != 1)
                return fail(Error::Kind::usage, cat("invalid --cgroup argument: ", argument,
                                                    " (missing <controller>: prefix)"));
            TRY(note(moves, {}, argument));
            continue;
        }
        for (const std::string_view controller : split(argument.substr(0, colon), ',')) {
            if (controller.empty())
                return fail(Error::Kind::usage, cat("invalid --cgroup argument: ", argument,
                                                    " (empty <controller> prefix)"));
            TRY(note(moves, controller, argument.substr(colon + 1)));
        }
    }
    return moves;
}

/// The path below the container's cgroup, "" for the cgroup itself.
Result<std::string> below(std::string_view path) {
    std::vector<std::string_view> names;
    for (const std::string_view name : split(path, '/')) {
        if (name.empty() || name == ".") continue;
        if (name != "..") {
            names.push_back(name);
        } else if (names.empty()) {
            return fail(Error::Kind::usage, cat("bad sub cgroup path: ", path));
        } else {
            names.pop_back();
        }
    }
    std::string clean;
    for (const std::string_view name : names) clean += cat('/', name);
    return clean;
}

}  // namespace

Result<std::vector<cgroup::CgroupDir>> sub_cgroups(std::vector<cgroup::CgroupDir> dirs,
                                                   const std::vector<std::string>& arguments) {
    const bool has_v1 =
        std::ranges::any_of(dirs, [](const cgroup::CgroupDir& dir) { return dir.version == 1; });
    const std::vector<Move> moves = TRY(parse(arguments));
    for (const Move& move : moves) {
        const std::string path = TRY(below(move.path));
        if (has_v1 && move.controller.empty()) {
            for (cgroup::CgroupDir& dir : dirs) dir.path += path;
            continue;
        }
        const int found = move.controller.empty()
                              ? cgroup::unified_dir(dirs)
                              : cgroup::find_dir(dirs, move.controller, move.controller);
        if (found < 0)
            return fail(Error::Kind::usage,
                        cat("unknown controller ", move.controller, " in SubCgroupPaths"));
        dirs[static_cast<std::size_t>(found)].path += path;
    }
    return dirs;
}

}  // namespace crux::container
