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

/// The text of a *.pressure file; nothing when it is not one.
std::optional<Pressure> parse_pressure(std::string_view text);
/// The lines "MAJOR:MINOR OPERATION VALUE" and "MAJOR:MINOR VALUE" of a blkio file; totals of all
/// devices are left out.
std::vector<IoEntry> parse_io_entries(std::string_view text);
/// A list of CPUs or nodes ("0-3,7"), one by one.
std::vector<std::uint16_t> parse_set(std::string_view text);

}  // namespace crux::cgroup
