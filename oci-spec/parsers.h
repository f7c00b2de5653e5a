#pragma once

#include "oci-spec/reader.h"

/// One function for each object of config.json; the order of reading is the order of the fields.
namespace crux::oci {

Root read_root(const Reader& r);
Mount read_mount(const Reader& r);
/// What the option strings mean, the later winning over the earlier.
MountOptions parse_mount_options(const std::vector<std::string>& options);
Process read_process(const Reader& r);
Hooks read_hooks(const Reader& r);
Linux read_linux(const Reader& r);
IdMapping read_id_mapping(const Reader& r);
Device read_device(const Reader& r);
DeviceRule read_device_rule(const Reader& r);
Resources read_resources(const Reader& r);
Seccomp read_seccomp(const Reader& r);
/// What crux's own annotations ask for; faults are reported below `r`, the annotations.
Extensions read_extensions(const StringMap& annotations, const Reader& r);
/// A list of CPUs or nodes in one text; `context` stands in front of what a fault says.
Ranges read_ranges(const Reader& r, std::string_view context = {});

/// The words of an array, each standing for bits, as one mask.
template <class Table>
auto read_bits(const Reader& r, const Table& table, std::string_view what) {
    std::remove_cvref_t<decltype(table[0].value)> bits{};
    for (const auto bit : r.words(table, what)) bits |= bit;
    return bits;
}

}  // namespace crux::oci
