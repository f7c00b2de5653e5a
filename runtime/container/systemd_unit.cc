#include "runtime/container/systemd_unit.h"

#include <algorithm>

#include "oci-spec/diagnostics.h"
#include "runtime/base/text.h"
#include "runtime/container/helper.h"

namespace crux::container {

namespace {

using systemd::Property;

Property text_property(const char* name, std::string_view text) {
    return {name, cat("s ", systemd::escaped(text))};
}

/// What every unit of a container is.
std::vector<Property> common_properties(const systemd::Unit& unit) {
    std::vector<Property> all = {
        text_property("Description", cat("crux container ", unit.name)),
        {"DefaultDependencies", "b false"},
        {"MemoryAccounting", "b true"},
        {"CPUAccounting", "b true"},
        {"IOAccounting", "b true"},
        {"TasksAccounting", "b true"},
    };
    if (unit.is_slice()) {
        all.push_back({"Wants", cat("as 1 ", unit.slice)});
    } else {
        all.push_back(text_property("Slice", unit.slice));
        // The cgroups below are the container's, and its files ours.
        all.push_back({"Delegate", "b true"});
    }
    return all;
}

}  // namespace

namespace {

/// Adds the annotation that systemd refused. systemd names a property that it does not know; of
/// those that it knows it only says that one is wrong. It accepts the properties of crux itself.
Error blamed(Error error, const oci::StringMap& annotations) {
    std::string origin;
    for (const auto& [key, text] : annotations) {
        if (!key.starts_with(systemd::kPropertyPrefix)) continue;
        std::string_view name = std::string_view(key).substr(systemd::kPropertyPrefix.size());
        constexpr std::string_view kSeconds = "Sec";
        if (name.ends_with(kSeconds)) name.remove_suffix(kSeconds.size());
        if (error.text().find(name) != std::string::npos)
            return std::move(error).at(cat("/annotations", oci::pointer_token(key)));
        origin = "/annotations";
    }
    const bool about_properties = error.text().find("properties") != std::string::npos;
    if (about_properties && !origin.empty()) return std::move(error).at(origin);
    return error;
}

}  // namespace

Result<systemd::HeldUnit> start_unit(const Prepared& prepared, const cgroup::Limits& limits) {
    const systemd::Unit& unit = *prepared.unit;
    const oci::Config& config = prepared.bundle.config;
    std::vector<Property> properties = common_properties(unit);
    const auto append = [&](std::vector<Property> more) {
        std::ranges::move(more, std::back_inserter(properties));
    };
    append(systemd::limit_properties(limits.settings));
    append(TRY(systemd::annotation_properties(config.annotations)));
    const std::string program = TRY(helper_program("crux-systemd"));
    auto started = systemd::HeldUnit::start(program, unit, properties);
    if (!started) return std::unexpected(blamed(std::move(started).error(), config.annotations));
    return started;
}

Status stop_unit(const launch::Journal::SystemdUnit& unit) {
    const std::string program = TRY(helper_program("crux-systemd"));
    systemd::Unit stopped;
    stopped.name = unit.name;
    stopped.user = unit.user;
    return systemd::stop(program, stopped);
}

cgroup::Limits take_tight_limits(cgroup::Limits& limits) {
    constexpr int kTight = 2;
    const auto is_tight = [](const cgroup::Setting& setting) {
        return setting.file == "pids.max" &&
               to_number<int>(setting.value).value_or(kTight + 1) <= kTight;
    };
    cgroup::Limits tight;
    std::ranges::copy_if(limits.settings, std::back_inserter(tight.settings), is_tight);
    std::erase_if(limits.settings, is_tight);
    return tight;
}

Status change_unit(const systemd::Unit& unit, const cgroup::Limits& changed) {
    const std::vector<Property> properties = systemd::limit_properties(changed.settings);
    if (properties.empty()) return {};
    const std::string program = TRY(helper_program("crux-systemd"));
    return systemd::change(program, unit, properties);
}

Status change_unit(const oci::ContainerRecord& record, const cgroup::Limits& changed) {
    systemd::Unit unit;
    unit.name = record.systemd_unit;
    unit.user = record.rootless;
    return change_unit(unit, changed);
}

}  // namespace crux::container
