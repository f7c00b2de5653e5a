#include "runtime/base/text.h"
#include "runtime/plan/draft.h"

namespace crux::plan {

namespace {

void plan_paths(Draft& draft, Kind kind, const std::vector<std::string>& paths,
                std::string_view list) {
    std::string scratch;
    for (std::size_t index = 0; index < paths.size(); ++index) {
        const Text path = draft.out.text(path_in_root(paths[index], scratch));
        draft.add(kind, cat(list, '/', index)).path = {path};
    }
}

}  // namespace

void plan_masked_paths(Draft& draft) {
    plan_paths(draft, Kind::mask, draft.config.linux.masked_paths, "/linux/maskedPaths");
}

void plan_read_only_paths(Draft& draft) {
    plan_paths(draft, Kind::read_only, draft.config.linux.readonly_paths, "/linux/readonlyPaths");
}

}  // namespace crux::plan
