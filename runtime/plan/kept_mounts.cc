#include "runtime/plan/kept_mounts.h"

#include <unordered_set>

namespace crux::plan {

namespace {

/// The paths of later steps, and the directories that contain them.
class LaterPaths {
 public:
    explicit LaterPaths(std::string_view pool) : pool_(pool) {}

    void add(Text path) { add(pool_.substr(path.offset, path.length)); }
    void add(std::string_view path) {
        if (path.starts_with('/')) path.remove_prefix(1);
        // The directories above a known path are known too.
        while (!path.empty() && known_.insert(path).second) {
            const std::size_t slash = path.rfind('/');
            path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
        }
    }
    [[nodiscard]] bool has(Text path) const {
        return known_.contains(pool_.substr(path.offset, path.length));
    }

 private:
    std::string_view pool_;
    std::unordered_set<std::string_view> known_;
};

/// The path at which a step makes a mount, if it does.
const Text* mount_point(const Step& step) {
    if (step.kind == Kind::mount) return &step.mount.target;
    if (step.kind == Kind::bind) return &step.bind.target;
    if (step.kind == Kind::read_only) return &step.path.path;
    return nullptr;
}

/// Adds the paths that init resolves in this step, also those that are not its operands.
void add_paths(const Step& step, LaterPaths& later) {
    const Kind kind = step.kind;
    if (kind == Kind::attributes) later.add(step.attributes.target);
    if (kind == Kind::node) later.add(step.node.path);
    if (kind == Kind::link) later.add(step.link.path);
    if (kind == Kind::mask || kind == Kind::read_only || kind == Kind::directory)
        later.add(step.path.path);
    if (kind == Kind::working_directory) later.add(step.working_directory.path);
    if (kind == Kind::own_stdio) later.add("dev/null");
    if (kind == Kind::ask_parent && step.ask_parent.request == Request::map_ids)
        later.add(step.ask_parent.source);
    if (kind == Kind::bind && (step.bind.flags & kSourceInContainer) != 0)
        later.add(step.bind.source);
    if (kind == Kind::console) {
        later.add("dev/pts/ptmx");
        later.add("dev/console");
    }
    if (kind == Kind::mount || kind == Kind::bind) {
        later.add(*mount_point(step));
        // No mount may be made in the procfs by another name.
        later.add("proc");
    }
}

}  // namespace

void mark_kept_mounts(std::span<Step> steps, std::string_view pool) {
    LaterPaths later(pool);
    for (std::size_t index = steps.size(); index > 0; --index) {
        Step& step = steps[index - 1];
        const Text* point = mount_point(step);
        if (point != nullptr && later.has(*point)) step.flags |= kKept;
        add_paths(step, later);
    }
}

}  // namespace crux::plan
