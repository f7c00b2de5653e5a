#include <set>
#include <string>

#include "runtime/base/text.h"
#include "runtime/plan/draft.h"

namespace crux::plan {

namespace {

void plan_paths(PlanDraft& draft, Kind kind, const std::vector<std::string>& paths,
                std::string_view list) {
    std::set<std::string, std::less<>> done;
    std::string scratch;
    for (std::size_t index = 0; index < paths.size(); ++index) {
        const std::string_view path = path_in_root(paths[index], scratch);
        // Each entry is a mount: skip duplicates.
        if (!done.emplace(path).second) continue;
        const Text target = draft.out.text(path);
        draft.add(kind, cat(list, '/', index)).path = {target};
    }
}

}  // namespace

void plan_masked_paths(PlanDraft& draft) {
    plan_paths(draft, Kind::mask, draft.config.linux.masked_paths, "/linux/maskedPaths");
}

void plan_read_only_paths(PlanDraft& draft) {
    plan_paths(draft, Kind::read_only, draft.config.linux.readonly_paths, "/linux/readonlyPaths");
}

}  // namespace crux::plan
