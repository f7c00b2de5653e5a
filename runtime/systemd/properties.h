#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/cgroup/limits.h"

namespace crux::systemd {

/// A property of a unit in the format of crux-systemd: the D-Bus type and then its basic values, an
/// array's after their count ("a(ss) 1 /dev/null rwm"). White space and special characters in
/// strings are escaped as %XX.
struct Property {
    std::string name;
    std::string value;

    bool operator==(const Property&) const = default;
};

/// The limits that systemd has properties for, so that it writes them again itself when it writes
/// the unit's files (daemon-reload); the other limits are only in the files. For both cgroup
/// versions, which the file names distinguish. It includes devices for v1, whose lists systemd
/// rewrites each time; on v2 systemd does not touch crux's program if the unit has no device rules.
std::vector<Property> limit_properties(std::span<const cgroup::Setting> settings);

/// Rounds a quota of processor time up to what systemd stores, whole percents of a processor, so
/// that a reload changes nothing.
void round_up_quota(std::vector<cgroup::Setting>& settings);

/// The prefix of the names of these annotations.
inline constexpr std::string_view kPropertyPrefix = "org.systemd.property.";

/// Annotations "org.systemd.property.NAME", whose value is in the text form of GLib's variants:
/// numbers ("uint64 5"), booleans, quoted strings, and arrays of these. A name that ends in "Sec"
/// becomes one that ends in "USec" with microseconds. Anything else is refused with the
/// annotation's pointer.
Result<std::vector<Property>> annotation_properties(const oci::StringMap& annotations);

/// A string with %XX for characters that would end a word.
std::string escaped(std::string_view text);

}  // namespace crux::systemd
