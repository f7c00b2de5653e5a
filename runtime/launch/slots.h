#pragma once

#include <vector>

#include "runtime/launch/launch.h"

namespace crux::launch {

/// The descriptors that init inherits. Those that we made for it are closed once it has its copies.
class InheritedFds {
 public:
    /// Numbers below this one belong to the program: preserved descriptors of the caller, or holes
    /// between them that must stay holes.
    explicit InheritedFds(unsigned keep_below) : keep_below_(static_cast<int>(keep_below)) {}

    /// Notes a descriptor that somebody else owns; the number that init will know it by.
    Result<int> lend(sys::FdRef descriptor);
    /// The same for one that is only for init.
    Result<int> give(sys::Fd descriptor);

    /// Closes what is only for init, which has its copies by now. The numbers stay.
    void close() { owned_.clear(); }

    [[nodiscard]] const std::vector<int>& numbers() const { return numbers_; }

 private:
    int keep_below_;
    std::vector<sys::Fd> owned_;
    std::vector<int> numbers_;
};

/// Opens what each slot of the plan stands for and writes the numbers to the plan's header. A
/// namespace's path must be of the slot's type.
Status open_slots(plan::Plan& plan, const HostHandles& handles, InheritedFds& inherited);

/// Maps the ids of a detached mount as the use says (mount_setattr(2), Linux 5.12).
Status map_mount(sys::FdRef tree, const plan::SlotUse& use);

/// Opens a namespace file and checks its type.
Result<sys::Fd> open_namespace(const std::string& path, plan::Namespace type,
                               const std::string& origin);

}  // namespace crux::launch
