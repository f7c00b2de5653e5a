#pragma once

#include <span>
#include <string>

#include "runtime/plan/draft.h"

/// Mounts with values that are too long for fsconfig(2) (docs/decisions/0017).
namespace crux::plan {

/// How init configures a new filesystem.
struct Configuration {
    List parameters;  ///< of Parameter
    List call;        ///< as Mount::call
};

/// The parameters of a new filesystem, and its mount(2) call if one of them, or the source, is too
/// long for fsconfig(2). A longer "lowerdir" of an overlay becomes one parameter for each directory
/// if the kernel accepts that.
Result<Configuration> configuration_of(PlanDraft& draft, const oci::Mount& mount,
                                       const Attributes& attributes, const std::string& origin);

/// An error if a parameter of a remount is too long for fsconfig(2). mount(2) is no way around it:
/// it also resets all flags of the filesystem that the remount does not name.
Status check_remount(const PlanDraft& draft, const oci::Mount& mount,
                     std::span<const Parameter> parameters, const std::string& origin);

}  // namespace crux::plan
