#pragma once

#include <utility>

#include "runtime/doctor/doctor.h"

/// The parts of examine(), one per subject.
namespace crux::doctor {

using Findings = std::vector<Finding>;

/// Adds something that the host supports.
inline void have(Findings& out, std::string subject, std::string text) {
    out.push_back({.subject = std::move(subject), .text = std::move(text)});
}

/// Whether the caller is root of the host, and not only of a user namespace.
inline bool is_root(const host::Facts& facts) {
    return facts.uid == 0 && !facts.in_user_namespace;
}

/// The version, and the features that newer versions added.
void examine_kernel(const host::Survey& survey, Findings& out);
/// Hierarchies, their controllers, and whether the caller can create cgroups.
void examine_cgroups(const host::Survey& survey, Findings& out);
/// The namespace types, and what forbids them.
void examine_namespaces(const host::Survey& survey, Findings& out);
/// Capabilities of root; subordinate IDs of an unprivileged user.
void examine_privileges(const host::Survey& survey, Findings& out);
/// Security modules, seccomp and Landlock.
void examine_security(const host::Survey& survey, Findings& out);
/// systemd, CRIU, resctrl, NUMA, core scheduling.
void examine_extras(const host::Survey& survey, Findings& out);

}  // namespace crux::doctor
