#pragma once

#include <string_view>

#include "runtime/plan/draft.h"

/// What the words of config.json about mounts mean in the plan's terms.
namespace crux::plan {

/// What every mount of the new mount namespace gets first.
std::uint32_t tree_propagation(oci::Propagation wanted);
/// What the mount that holds the root file system gets before it is copied.
std::uint32_t parent_propagation(oci::Propagation wanted);
/// What the container's root mount gets once it is the root, or kNoPropagation.
std::uint32_t root_propagation(oci::Propagation wanted);

/// The attributes to change on a mount that exists.
Attributes attributes_of(const oci::MountOptions& options);
/// These attributes and no others.
Attributes attributes_with(std::uint64_t set);
/// The attributes of a new mount, which has none yet and nothing below it.
Attributes fresh_attributes(const oci::MountOptions& options);

/// Up to four changes of propagation, as a step holds them.
std::uint32_t first_propagations(const std::vector<oci::Propagation>& wanted);
/// The changes of propagation for a mount that is bound from the host. One that is made in the
/// host's own mount namespace leaves its source's peers first: else what is mounted below it, and
/// taken away again, would be so on the host too.
std::vector<oci::Propagation> bind_propagations(const PlanDraft& draft,
                                                std::vector<oci::Propagation> wanted);
/// Those that did not fit, as steps of their own.
void add_later_propagations(PlanDraft& draft, const std::vector<oci::Propagation>& wanted,
                            std::string_view target, std::string_view origin);

/// The parameters of a new file system. `context` is the SELinux label of its files, or empty.
List mount_parameters(Assembler& out, const oci::Mount& mount, std::string_view context);
/// The parameters of a remount, which may also take flags back.
List remount_parameters(Assembler& out, const oci::MountOptions& options);
/// The SELinux label that the files of the new file system get, or empty.
std::string_view security_context(const PlanDraft& draft, const oci::Mount& mount);
/// MountFlag bits of a new file system.
std::uint16_t mount_flags(const oci::Mount& mount);

struct MountNames {
    std::string_view type;
    std::string_view source;
    std::string_view target;
};
/// Appends a mount step with these names and neither flags nor propagation.
Step& add_mount(PlanDraft& draft, const MountNames& names, List parameters,
                const Attributes& attributes, std::string_view origin);
/// Appends a bind step of a source that init opens by itself.
Step& add_bind(PlanDraft& draft, std::string_view source, std::string_view target,
               const Attributes& attributes, std::string_view origin);

}  // namespace crux::plan
