#pragma once

#include <string_view>

#include "oci-spec/types.h"
#include "runtime/launch/journal.h"
#include "runtime/resctrl/resctrl.h"

namespace crux::container {

/// The container's class of service until the container is complete: what was made for it goes
/// again if it never is.
class NewClass {
 public:
    /// Notes in the journal what is about to be made, and makes it. Does nothing where the
    /// configuration has no intelRdt; refuses it where resctrl is not mounted.
    static Result<NewClass> make(launch::Journal& journal, const oci::Linux& linux,
                                 std::string_view id);
    NewClass(NewClass&& other) noexcept
        : placement_(std::exchange(other.placement_, std::nullopt)) {}
    NewClass& operator=(NewClass&&) = delete;
    ~NewClass();
    void keep() { placement_.reset(); }

 private:
    NewClass() = default;
    std::optional<resctrl::Placement> placement_;
};

/// Puts the process into the class of the container of this id.
Status enter_class(const oci::IntelRdt& wanted, std::string_view id, pid_t pid);

/// Writes schemata to the class of a running container of this id; an empty text leaves that kind
/// as it is. Refused where the host has no resctrl and where the configuration has no intelRdt.
Status change_class(const oci::Linux& linux, std::string_view id, const std::string& l3_cache,
                    const std::string& memory_bandwidth);

/// Removes the directories that the journal names, where they are still there.
Status remove_directories(const std::vector<std::string>& paths);

}  // namespace crux::container
