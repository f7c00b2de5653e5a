#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/bundle.h"
#include "tests/support/container.h"

namespace crux::test {

/// A sleeping container, for operations on running containers. Errors are plain messages.
class Sleeper : public Container {
 public:
    /// Creates and starts it.
    explicit Sleeper(Bundle& bundle);

    /// exec with these flags, and these words after the id.
    Outcome exec(const std::vector<std::string>& flags, const std::vector<std::string>& words,
                 const CommandOptions& options = {}) const;
    /// exec of a script by /bin/sh.
    Outcome exec_script(const std::vector<std::string>& flags, const std::string& script,
                        const CommandOptions& options = {}) const;
    /// Starts exec without waiting.
    std::unique_ptr<Process> exec_beside(const std::vector<std::string>& flags,
                                         const std::vector<std::string>& words,
                                         const CommandOptions& options = {}) const;

 private:
    [[nodiscard]] std::vector<std::string> exec_words(const std::vector<std::string>& flags,
                                                      const std::vector<std::string>& words) const;
};

}  // namespace crux::test
