#pragma once

#include <systemd/sd-bus.h>

#include <string>
#include <vector>

namespace crux::systemd_helper {

/// A property of the request: "NAME TYPE WORD…".
struct BusProperty {
    std::string name;
    std::string type;
    std::vector<std::string> words;
};

/// Parses one line of the request; false if it is not a property.
bool parse_property(const std::string& line, BusProperty& property);

/// Appends (sv): the name, and the words as a value of the type. Returns a negative errno as sd-bus
/// does; -EINVAL if the words do not have that type.
int append_property(sd_bus_message* message, const BusProperty& property);

}  // namespace crux::systemd_helper
