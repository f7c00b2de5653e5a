#pragma once

#include <string_view>

#include "runtime/plan/draft.h"

/// The mount options of config.json as operands of the plan.
namespace crux::plan {

/// The first propagation of every mount in the new mount namespace.
std::uint32_t tree_propagation(oci::Propagation wanted);
/// The propagation of the mount that contains the root filesystem, before it is copied.
std::uint32_t parent_propagation(oci::Propagation wanted);
/// The propagation of the container's root mount once it is the root, or kNoPropagation.
std::uint32_t root_propagation(oci::Propagation wanted);

/// The attributes to change on an existing mount.
Attributes attributes_of(const oci::MountOptions& options);
/// These attributes and no others.
Attributes attributes_with(std::uint64_t set);
/// The attributes of a new mount, which has no attributes and no mounts below it yet.
Attributes fresh_attributes(const oci::MountOptions& options);

/// Up to four changes of propagation, as a step holds them.
std::uint32_t first_propagations(const std::vector<oci::Propagation>& wanted);
/// The changes of propagation for a mount that is bound from the host. In the host's own mount
/// namespace it must leave the peer group of its source first: otherwise mounts and unmounts below
/// it would propagate to the source.
std::vector<oci::Propagation> bind_propagations(const PlanDraft& draft,
                                                std::vector<oci::Propagation> wanted);
/// The changes that did not fit in the first step, as further steps.
void add_later_propagations(PlanDraft& draft, const std::vector<oci::Propagation>& wanted,
                            std::string_view target, std::string_view origin);

/// The flags of a new filesystem, as bits of mount(2).
std::uint32_t superblock_flags(const oci::Mount& mount);
/// The parameters of a new filesystem. `context` is the SELinux label of its files, or empty.
std::vector<Parameter> mount_parameters(Assembler& out, const oci::Mount& mount,
                                        std::string_view context);
/// The parameters of a remount, which may also clear flags.
std::vector<Parameter> remount_parameters(Assembler& out, const oci::MountOptions& options);
/// The SELinux label of the files of the new filesystem, or empty.
std::string_view security_context(const PlanDraft& draft, const oci::Mount& mount);
/// MountFlag bits of a new filesystem.
std::uint16_t mount_flags(const oci::Mount& mount);

struct MountNames {
    std::string_view type;
    std::string_view source;
    std::string_view target;
};
/// Appends a mount step with these names, without flags and propagation.
Step& add_mount(PlanDraft& draft, const MountNames& names, List parameters,
                const Attributes& attributes, std::string_view origin);
/// Appends a bind step whose source init opens itself.
Step& add_bind(PlanDraft& draft, std::string_view source, std::string_view target,
               const Attributes& attributes, std::string_view origin);

}  // namespace crux::plan
