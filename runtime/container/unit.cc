#include "runtime/container/unit.h"

#include <algorithm>

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
        // Nobody has to forget a failed one.
        text_property("CollectMode", "inactive-or-failed"),
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

bool has_v1_devices(std::span<const cgroup::Place> places) {
    return std::ranges::any_of(places, [](const cgroup::Place& place) {
        return place.version == 1 && place.has("devices");
    });
}

}  // namespace

Result<systemd::Started> start_unit(const Prepared& prepared) {
    const systemd::Unit& unit = *prepared.unit;
    const oci::Config& config = prepared.bundle.config;
    const plan::HostPart& host = prepared.plan.host;
    std::vector<Property> properties = common_properties(unit);
    const auto append = [&](std::vector<Property> more) {
        std::ranges::move(more, std::back_inserter(properties));
    };
    append(systemd::limit_properties(host.limits.settings));
    if (has_v1_devices(host.cgroup))
        append(systemd::device_properties(config.linux.resources.devices));
    append(TRY(systemd::annotation_properties(config.annotations)));
    const std::string program = TRY(helper_program("crux-systemd"));
    return systemd::Started::start(program, unit, properties);
}

Status change_unit(const oci::ContainerRecord& record, const cgroup::Limits& changed) {
    const std::vector<Property> properties = systemd::limit_properties(changed.settings);
    if (properties.empty()) return {};
    const std::string program = TRY(helper_program("crux-systemd"));
    systemd::Unit unit;
    unit.name = record.systemd_unit;
    unit.user = record.rootless;
    return systemd::change(program, unit, properties);
}

}  // namespace crux::container
