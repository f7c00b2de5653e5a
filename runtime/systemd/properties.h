#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/cgroup/limits.h"

namespace crux::systemd {

/// A property of a unit as crux-systemd reads it: the type in D-Bus's words and then its basic
/// values, an array's after their count ("a(ss) 1 /dev/null rwm"). Blanks and such in texts stand
/// as %XX.
struct Property {
    std::string name;
    std::string value;

    bool operator==(const Property&) const = default;
};

/// The limits of which systemd has a property, so that it writes them again itself when it writes
/// the unit's files (daemon-reload); the rest is in the files alone. Both versions of cgroups, the
/// files of either being told by their names. Devices are among them for v1, whose lists systemd
/// writes anew each time; of v2 it leaves our program alone when it has no rules itself.
std::vector<Property> limit_properties(std::span<const cgroup::Setting> settings);

/// Raises a quota of processor time to what systemd keeps, whole percents of a processor, so that
/// a reload changes nothing.
void round_up_quota(std::vector<cgroup::Setting>& settings);

/// What the names of such annotations begin with.
inline constexpr std::string_view kPropertyPrefix = "org.systemd.property.";

/// Annotations "org.systemd.property.NAME", whose value is in the text form of GLib's variants:
/// numbers ("uint64 5"), booleans, texts in quotes, and arrays of them. A name in …Sec is one in
/// …USec with microseconds. Refused with the annotation's pointer: anything else.
Result<std::vector<Property>> annotation_properties(const oci::StringMap& annotations);

/// A text with %XX for what would end a word.
std::string escaped(std::string_view text);

}  // namespace crux::systemd
