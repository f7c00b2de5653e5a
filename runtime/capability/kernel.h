#pragma once

#include <string>

#include "runtime/capability/names.h"

/// Capabilities that the kernel reports, read with libcap. Init is not linked with libcap and makes
/// its own calls (docs/decisions/0013-libcap.md).
namespace crux::capability {

/// The number of the last capability that the kernel supports. libcap reads it when the program
/// starts; this makes no system call.
int last();

/// This process's effective set; empty if it cannot be read.
Set effective();

/// This process's bounding set.
Set bounding();

/// The sets of a process that capset(2) changes.
struct ProcessSets {
    Set effective = 0;
    Set permitted = 0;
    Set inheritable = 0;

    friend bool operator==(const ProcessSets&, const ProcessSets&) = default;
};

/// This process's sets; empty ones if they cannot be read.
ProcessSets process_sets();

/// Sets them with capset(2); false if the kernel refuses. What is not both permitted and
/// inheritable any more is not ambient either.
bool set_process_sets(const ProcessSets& wanted);

/// Removes all capabilities from the bounding set, which requires CAP_SETPCAP; false if the kernel
/// refuses.
bool clear_bounding();

/// The capabilities of the set that this process's bounding set does not hold or the kernel does
/// not support.
Set outside_bounding(Set wanted);

/// Whether the file has the capability of that name in its permitted set.
bool file_grants(const std::string& path, std::string_view name);

}  // namespace crux::capability
