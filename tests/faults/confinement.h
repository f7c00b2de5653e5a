#pragma once

#include <sys/types.h>

#include <map>
#include <string>

namespace crux::test {

/// What the kernel says about a process of a container, one text for each property: its ids,
/// capabilities, filters, limits, descriptors, mounts, namespaces, devices and cgroups with their
/// limits. Numbers that differ between two containers of one configuration are left out, so it is
/// the same for both.
using Confinement = std::map<std::string, std::string>;

Confinement confinement_of(pid_t pid);
/// Lines "property: expected …, is …"; empty without a difference.
std::string difference(const Confinement& expected, const Confinement& actual);

}  // namespace crux::test
