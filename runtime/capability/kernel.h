#pragma once

#include <string>

#include "runtime/capability/names.h"

/// What the kernel reports of capabilities, by libcap. Init is not linked with it: it makes its
/// own calls (docs/decisions/0013-libcap.md).
namespace crux::capability {

/// The number of the last capability that the kernel knows. libcap found it when the program
/// started; this makes no system call.
int last();

/// This process's effective set; empty where it cannot be read.
Set effective();

/// This process's bounding set.
Set bounding();

/// Those of the set that this process's bounding set does not hold, or that the kernel does not
/// know.
Set outside_bounding(Set wanted);

/// Whether the file gives the capability of that name to the process that executes it.
bool file_grants(const std::string& path, std::string_view name);

}  // namespace crux::capability
