#pragma once

#include <string>
#include <vector>

#include "tests/support/bundle.h"
#include "tests/support/container.h"

namespace crux::test {

/// A user without any privilege: uid and gid 1000 by number alone, without other groups, or whoever
/// runs the tests where that is not root. Skips the test where user namespaces cannot be made.
class OrdinaryUser {
 public:
    OrdinaryUser();

    [[nodiscard]] unsigned uid() const { return uid_; }
    [[nodiscard]] unsigned gid() const { return gid_; }
    /// A folder of the user's own in the work folder.
    [[nodiscard]] static std::string folder();
    /// The program under test where the user can reach it.
    [[nodiscard]] static std::string program() { return folder() + "/crux"; }

    /// From now on the user is "crux-test" in the password file that commands see, and has these
    /// lines for itself in /etc/subuid and /etc/subgid ("100000:65536"; none for an empty text).
    /// Root does that by mounts that only they see; skips where we are not root, or newuidmap is
    /// not there.
    void give_ids(const std::string& range);
    /// Commands run in this folder of a v2 or v1 cgroup mount, which belongs to the user.
    void enter(const std::string& cgroup);

    /// The command as the user runs it.
    [[nodiscard]] std::vector<std::string> words(const std::vector<std::string>& command) const;
    /// Makes the container one of the user's: its commands, its state root, its bundle.
    void take(Container& container, const Bundle& bundle) const;
    /// Makes the bundle's folder, and the folders of its root, the user's own.
    void own(const Bundle& bundle) const;
    /// Gives the default config what an unprivileged container needs: a user namespace with one id,
    /// no limits, no group that has no mapping.
    void adapt(Bundle& bundle) const;

 private:
    unsigned uid_ = 1000;
    unsigned gid_ = 1000;
    bool switches_ = false;
    std::string script_;  ///< what root does before it becomes the user
};

}  // namespace crux::test
