#include "runtime/cgroup/limits.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/cgroup/controllers.h"

namespace crux::cgroup {

std::string pointer_token(std::string_view name) {
    std::string token;
    for (char c : name) {
        if (c == '~')
            token += "~0";
        else if (c == '/')
            token += "~1";
        else
            token += c;
    }
    return token;
}

std::string LimitsBuilder::origin(std::string_view below) const {
    return cat(options_.pointer, below);
}

std::string LimitsBuilder::origin(std::string_view list, std::size_t index,
                                  std::string_view below) const {
    return cat(options_.pointer, list, "/", index, below);
}

std::optional<ControllerLocation> LimitsBuilder::find_location(std::string_view v1_name,
                                                               std::string_view v2_name) const {
    int dir = find_dir(dirs_, v1_name, v2_name);
    if (dir < 0) return std::nullopt;
    auto index = static_cast<std::uint32_t>(dir);
    return ControllerLocation{.dir = index, .version = dirs_[index].version};
}

Result<ControllerLocation> LimitsBuilder::location(std::string_view v1_name,
                                                   std::string_view v2_name,
                                                   std::string_view below) const {
    std::optional<ControllerLocation> found = find_location(v1_name, v2_name);
    if (found) return *found;
    bool unified = dirs_.size() == 1 && dirs_[0].version == 2;
    std::string_view name = unified ? v2_name : v1_name;
    std::string text =
        cat("cannot set ", name, " limit: no cgroup hierarchy of this host has the controller");
    return std::unexpected(Error(Error::Kind::unsupported, std::move(text)).at(origin(below)));
}

Setting& LimitsBuilder::add(ControllerLocation location, std::string_view file, std::string value,
                            std::string origin) {
    return limits.settings.emplace_back(Setting{.dir = location.dir,
                                                .file = std::string(file),
                                                .value = std::move(value),
                                                .origin = std::move(origin)});
}

void LimitsBuilder::warn(std::string origin, std::string text) {
    limits.warnings.push_back({std::move(origin), std::move(text)});
}

Status LimitsBuilder::ignore_on_v2(const std::string& origin) {
    if (options_.strict) return refuse_on_v2(origin);
    warn(origin, cat("ignored: ", kNotOnV2));
    return {};
}

std::unexpected<Error> LimitsBuilder::refuse(const std::string& origin, std::string text) {
    return std::unexpected(Error(Error::Kind::spec, std::move(text)).at(origin));
}

namespace {

bool is_weight(const Setting& setting) {
    return setting.file == "cpu.weight" || setting.file == "cpu.weight.nice" ||
           setting.file == "cpu.shares";
}

bool is_idle(const Setting& setting) {
    return setting.file == "cpu.idle";
}

/// An idle cgroup has no weight (the kernel refuses one with EINVAL), and gets the default weight
/// when it is no longer idle. So cpu.idle is written once, with the value of the last setting, and
/// before any weight; a weight for an idle cgroup is left out.
void settle_idle(Limits& limits) {
    std::vector<Setting>& settings = limits.settings;
    const auto backwards = std::views::reverse(settings);
    const auto last = std::ranges::find_if(backwards, is_idle);
    if (last == backwards.end()) return;
    Setting idle = *last;
    std::erase_if(settings, is_idle);
    if (idle.value == "1") {
        for (const Setting& setting : settings)
            if (is_weight(setting))
                limits.warnings.push_back(
                    {setting.origin, cat("unable to apply both ", setting.file, " and cpu.idle: ",
                                         "an idle cgroup has no weight, ignoring ", setting.file)});
        std::erase_if(settings, is_weight);
    }
    settings.insert(std::ranges::find_if(settings, is_weight), std::move(idle));
}

}  // namespace

Result<Limits> limits_for(const oci::Resources& resources, std::span<const CgroupDir> dirs,
                          const LimitsOptions& options) {
    LimitsBuilder builder(dirs, options);
    // The cpuset first: no process can enter a v1 cpuset that is empty. Devices before the rest, so
    // that a later failure does not leave devices accessible. The raw files last: they may
    // override.
    TRY(add_cpuset(builder, resources.cpu));
    if (options.devices == Devices::apply) TRY(add_devices(builder, resources.devices));
    TRY(add_memory(builder, resources.memory));
    TRY(add_cpu(builder, resources.cpu));
    TRY(add_pids(builder, resources.pids));
    TRY(add_block_io(builder, resources.block_io));
    TRY(add_hugetlb(builder, resources.hugepage_limits));
    TRY(add_rdma(builder, resources.rdma));
    TRY(add_network(builder, resources.network));
    TRY(add_unified(builder, resources.unified));
    settle_idle(builder.limits);
    return std::move(builder.limits);
}

}  // namespace crux::cgroup
