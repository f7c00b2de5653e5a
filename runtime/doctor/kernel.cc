#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/doctor/examine.h"

namespace crux::doctor {

namespace {

/// A feature that requires a Linux version, and the properties that fail without it.
struct Feature {
    host::KernelVersion since;
    std::string name;
    std::vector<oci::PropertyPattern> fails;
};

/// The mount options that apply to the whole tree below a mount, and those that map its IDs: they
/// require mount_setattr(2).
std::vector<oci::PropertyPattern> options_of_mount_setattr() {
    std::vector<oci::PropertyPattern> out = {{"/mounts/*/uidMappings", ""}};
    for (const oci::MountOptionWord& word : oci::kMountOptions) {
        const bool attribute =
            word.depth == oci::Depth::tree && word.kind != oci::MountOptionKind::bind;
        if (attribute || word.kind == oci::MountOptionKind::idmap)
            out.push_back({"/mounts/*/options", std::string(word.name)});
    }
    return out;
}

std::vector<Feature> features() {
    const std::string modes = "/linux/memoryPolicy/mode";
    return {
        {{5, 12}, "id-mapped mounts and recursive mount attributes", options_of_mount_setattr()},
        {{5, 14}, "mount option nosymfollow", {{"/mounts/*/options", "nosymfollow"}}},
        {{5, 15}, "memory policy MPOL_PREFERRED_MANY", {{modes, "MPOL_PREFERRED_MANY"}}},
        {{5, 19},
         "seccomp flag WAIT_KILLABLE_RECV",
         {{"/linux/seccomp/flags", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"}}},
        {{6, 9}, "memory policy MPOL_WEIGHTED_INTERLEAVE", {{modes, "MPOL_WEIGHTED_INTERLEAVE"}}},
    };
}

}  // namespace

void examine_kernel(const host::Survey& survey, Findings& out) {
    const std::string subject = "kernel";
    const host::KernelVersion version = survey.facts.kernel;
    if (!version.at_least(5, 10)) {
        out.push_back(
            {.grade = Grade::broken,
             .subject = subject,
             .text = cat("Linux ", survey.release, ": crux requires Linux 5.10 or later")});
        return;
    }
    have(out, subject, cat("Linux ", survey.release));
    for (Feature& feature : features())
        if (!version.at_least(feature.since.major, feature.since.minor))
            out.push_back({.grade = Grade::limited,
                           .subject = subject,
                           .text = cat(feature.name, ": requires Linux ", feature.since.major, '.',
                                       feature.since.minor),
                           .fails = std::move(feature.fails)});
}

}  // namespace crux::doctor
