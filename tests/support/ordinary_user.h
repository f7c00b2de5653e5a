#pragma once

#include <string>
#include <vector>

#include "tests/support/bundle.h"
#include "tests/support/container.h"

namespace crux::test {

/// An unprivileged user: uid and gid 1000 without a name or other groups, or the user that
/// runs the tests if that is not root. Skips the test if user namespaces cannot be made.
class OrdinaryUser {
 public:
    OrdinaryUser();

    [[nodiscard]] unsigned uid() const { return uid_; }
    [[nodiscard]] unsigned gid() const { return gid_; }
    /// A directory of the user in the work directory.
    [[nodiscard]] static std::string folder();
    /// The program under test at a path that the user can reach.
    [[nodiscard]] static std::string program() { return folder() + "/crux"; }

    /// From now on the user is "crux-test" in the password file that commands see, with these lines
    /// in /etc/subuid and /etc/subgid ("100000:65536"; none for an empty text). Root does this with
    /// mounts that only the commands see; skips without root or newuidmap.
    void give_ids(const std::string& range);
    /// Commands run in this directory of a v2 or v1 cgroup mount, which the user owns.
    void enter(const std::string& cgroup);

    /// The command, run as the user.
    [[nodiscard]] std::vector<std::string> words(const std::vector<std::string>& command) const;
    /// Makes the container one of the user's: its commands, its state root, its bundle.
    void take(Container& container, const Bundle& bundle) const;
    /// Makes the user the owner of the bundle's directory and the directories of its root.
    void own(const Bundle& bundle) const;
    /// Changes the default config for an unprivileged container: a user namespace with one id, no
    /// limits, no group without a mapping.
    void adapt(Bundle& bundle) const;

 private:
    unsigned uid_ = 1000;
    unsigned gid_ = 1000;
    bool switches_ = false;
    std::string script_;  ///< executed as root before it becomes the user
};

}  // namespace crux::test
