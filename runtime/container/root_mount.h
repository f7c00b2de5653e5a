#pragma once

#include <optional>
#include <utility>

#include "runtime/launch/journal.h"
#include "runtime/plan/plan.h"

namespace crux::container {

/// The mount that the root of a container without a mount namespace becomes, until the container is
/// complete: taken away again if it never is.
class NewRoot {
 public:
    /// Notes in the journal what is about to be mounted, and mounts it. Does nothing where the plan
    /// asks for none.
    static Result<NewRoot> make(launch::Journal& journal, const plan::HostPart& host);
    NewRoot(NewRoot&& other) noexcept : mount_(std::exchange(other.mount_, std::nullopt)) {}
    NewRoot& operator=(NewRoot&&) = delete;
    ~NewRoot();
    void keep() { mount_.reset(); }

 private:
    NewRoot() = default;
    std::optional<launch::Journal::Mount> mount_;
};

/// Takes the mount away that the journal names, with all that lies on it and below it; does nothing
/// where it is not there, whatever else is mounted at its path.
Status take_away(const launch::Journal::Mount& mount);

}  // namespace crux::container
