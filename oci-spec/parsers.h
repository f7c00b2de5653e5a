#pragma once

#include "oci-spec/reader.h"

/// One function for each object of config.json; the order of reading is the order of the fields.
namespace crux::oci {

Root read_root(const Reader& r);
Mount read_mount(const Reader& r);
/// Parses the option strings; a later option overrides an earlier one.
MountOptions parse_mount_options(const std::vector<std::string>& options);
Process read_process(const Reader& r);
Hooks read_hooks(const Reader& r);
Linux read_linux(const Reader& r);
IdMapping read_id_mapping(const Reader& r);
Device read_device(const Reader& r);
DeviceRule read_device_rule(const Reader& r);
Resources read_resources(const Reader& r);
Seccomp read_seccomp(const Reader& r);
/// Parses crux's own annotations; errors are reported below `r`, the annotations.
Extensions read_extensions(const StringMap& annotations, const Reader& r);
/// A list of CPUs or nodes in one string; `context` is the prefix of an error message.
Ranges read_ranges(const Reader& r, std::string_view context = {});

/// The words of an array, each of which stands for bits, as one mask.
template <class Table>
auto read_bits(const Reader& r, const Table& table, std::string_view what) {
    std::remove_cvref_t<decltype(table[0].value)> bits{};
    for (const auto bit : r.words(table, what)) bits |= bit;
    return bits;
}

}  // namespace crux::oci
