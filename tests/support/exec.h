#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/bundle.h"
#include "tests/support/container.h"

namespace crux::test {

/// A container that sleeps, for what is done to running ones. Errors are bare sentences.
class Sleeper : public Container {
 public:
    /// Creates and starts it.
    explicit Sleeper(Bundle& bundle);

    /// exec with these flags, and these words behind the id.
    Outcome exec(const std::vector<std::string>& flags, const std::vector<std::string>& words,
                 const CommandOptions& options = {}) const;
    /// exec of a script by /bin/sh.
    Outcome exec_script(const std::vector<std::string>& flags, const std::string& script,
                        const CommandOptions& options = {}) const;
    /// exec that goes on beside the test.
    std::unique_ptr<Process> exec_beside(const std::vector<std::string>& flags,
                                         const std::vector<std::string>& words,
                                         const CommandOptions& options = {}) const;

 private:
    [[nodiscard]] std::vector<std::string> exec_words(const std::vector<std::string>& flags,
                                                      const std::vector<std::string>& words) const;
};

}  // namespace crux::test
