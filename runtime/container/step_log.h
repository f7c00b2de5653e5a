#pragma once

#include <string_view>

namespace crux::container {

/// Whoever wants to know what is going to happen.
class StepLog {
 public:
    StepLog() = default;
    virtual ~StepLog() = default;
    StepLog(const StepLog&) = delete;
    StepLog& operator=(const StepLog&) = delete;

    /// Takes a sentence without a line end.
    virtual void log(std::string_view sentence) = 0;
};

}  // namespace crux::container
