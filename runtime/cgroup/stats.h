#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "oci-spec/runc/statistics.h"

namespace crux::cgroup {

using oci::CpusetStats;
using oci::CpuStats;
using oci::HugetlbStats;
using oci::IoEntry;
using oci::IoStats;
using oci::MemoryStats;
using oci::MemoryUsage;
using oci::PidsStats;
using oci::Pressure;
using oci::Stats;

/// Parses a *.pressure file; nothing if the text is not one.
std::optional<Pressure> parse_pressure(std::string_view text);
/// Parses the lines "MAJOR:MINOR OPERATION VALUE" and "MAJOR:MINOR VALUE" of a blkio file, without
/// the totals of all devices.
std::vector<IoEntry> parse_io_entries(std::string_view text);
/// Parses a list of CPUs or nodes ("0-3,7") to single numbers.
std::vector<std::uint16_t> parse_set(std::string_view text);

}  // namespace crux::cgroup
