#pragma once

#include <systemd/sd-bus.h>

#include <string>
#include <vector>

namespace crux::systemd_helper {

/// A property as the request gives it: "NAME TYPE WORD…".
struct BusProperty {
    std::string name;
    std::string type;
    std::vector<std::string> words;
};

/// Reads one line of the request; false where it is no property.
bool parse_property(const std::string& line, BusProperty& property);

/// Appends (sv): the name, and the words as a value of the type. A negative errno as sd-bus has it;
/// -EINVAL where the words are none of that type.
int append_property(sd_bus_message* message, const BusProperty& property);

}  // namespace crux::systemd_helper
