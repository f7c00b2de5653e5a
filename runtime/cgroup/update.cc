#include <ranges>

#include "runtime/base/text.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/group.h"
#include "runtime/cgroup/rollback.h"

namespace crux::cgroup {

namespace {

bool is_device_rule(const Setting& setting) {
    return setting.file.starts_with("devices.");
}

}  // namespace

Result<Limits> Group::change(const Limits& limits, const Limits& device_rules,
                             std::vector<Warning>& warnings) {
    Limits undo;
    for (const Setting& setting : std::views::reverse(limits.settings)) {
        // Device rules can be written but not read.
        if (is_device_rule(setting)) continue;
        auto content = read_list(base_, name(setting.dir, setting.file));
        if (!content) continue;
        if (auto former = rollback_of(setting, *content))
            undo.settings.push_back(std::move(*former));
    }
    for (const Setting& rule : device_rules.settings)
        if (is_device_rule(rule)) undo.settings.push_back(rule);
    undo.device_program = device_rules.device_program;
    Status applied = apply(limits, warnings);
    if (applied) return undo;
    std::vector<Warning> unheard;
    (void)apply(undo, unheard);
    return std::unexpected(std::move(applied).error());
}

}  // namespace crux::cgroup
