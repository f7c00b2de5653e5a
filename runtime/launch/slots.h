#pragma once

#include <vector>

#include "runtime/launch/launch.h"

namespace crux::launch {

/// The descriptors that init inherits. Those that are only for init are closed once it has its
/// copies.
class InheritedFds {
 public:
    /// Numbers below this one are the program's: preserved descriptors of the caller, or unused
    /// numbers between them that must stay unused.
    explicit InheritedFds(unsigned keep_below) : keep_below_(static_cast<int>(keep_below)) {}

    /// Adds a descriptor that the caller of this function keeps. Returns its number in init.
    Result<int> lend(sys::FdRef descriptor);
    /// Adds a descriptor that is only for init.
    Result<int> give(sys::Fd descriptor);

    /// Closes the descriptors that are only for init, which has its copies. The numbers stay.
    void close() { owned_.clear(); }

    [[nodiscard]] const std::vector<int>& numbers() const { return numbers_; }

 private:
    int keep_below_;
    std::vector<sys::Fd> owned_;
    std::vector<int> numbers_;
};

/// Opens the descriptor of each slot of the plan and writes its number to the plan's header. A
/// namespace must be of the slot's type.
Status open_slots(plan::Plan& plan, const HostHandles& handles, InheritedFds& inherited);

/// Maps the IDs of a detached mount as the slot describes (mount_setattr(2), Linux 5.12).
Status map_mount(sys::FdRef tree, const plan::SlotUse& use);

/// Fails if a kernel parameter is to be written in this namespace, and it is the one of this
/// process: the host's.
Status refuse_own(sys::FdRef opened, plan::Namespace type, const plan::WrittenSysctl& sysctl);

/// Opens a namespace file and checks its type.
Result<sys::Fd> open_namespace(const std::string& path, plan::Namespace type,
                               const std::string& origin);

}  // namespace crux::launch
