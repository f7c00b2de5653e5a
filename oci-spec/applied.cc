#include <algorithm>
#include <array>

#include "oci-spec/rules.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

/// A property that is parsed and not applied yet: `find` gives the places that use it.
struct Unapplied {
    std::string_view name;
    void (*find)(const Config& config, std::vector<std::string>& places);
};

using Places = std::vector<std::string>;

// A property leaves the table with the change that applies it.
constexpr std::array kUnapplied = {
    Unapplied{"netDevices",
              [](const Config& config, Places& places) {
                  if (!config.linux.net_devices.empty()) places.emplace_back("/linux/netDevices");
              }},
    Unapplied{"intelRdt",
              [](const Config& config, Places& places) {
                  if (config.linux.intel_rdt) places.emplace_back("/linux/intelRdt");
              }},
};

}  // namespace

Diagnostics check_applied(const Config& config) {
    Diagnostics out;
    for (const Unapplied& row : kUnapplied) {
        Places places;
        row.find(config, places);
        for (std::string& place : places)
            out.error(std::move(place), cat(row.name, " is not applied by this version of crux"));
    }
    return out;
}

bool applies(std::string_view property) {
    return std::ranges::none_of(kUnapplied,
                                [&](const Unapplied& row) { return row.name == property; });
}

}  // namespace crux::oci
