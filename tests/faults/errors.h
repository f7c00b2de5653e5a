#pragma once

#include <string>
#include <vector>

namespace crux::test {

/// The errors with which a system call can fail although its arguments are right and its objects
/// exist. None of them is an answer, as ENOENT is for a file that is looked for.
struct CallErrors {
    const char* call;
    /// Empty: the call cannot fail.
    std::vector<const char*> errors;
    const char* reason;
};

/// One row for each system call that crux or init makes.
const std::vector<CallErrors>& call_errors();
/// The row of this call; null if there is none.
const CallErrors* errors_of(const std::string& call);

/// The number of "EPERM".
int errno_number(const std::string& name);
/// The words of "EPERM" in messages of crux.
std::string errno_text(const std::string& name);

}  // namespace crux::test
