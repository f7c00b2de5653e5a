#pragma once

#include <string_view>

#include "runtime/base/text.h"

namespace crux {

/// Receives the steps that crux plans and carries out, one sentence per step (--debug).
class StepLog {
 public:
    StepLog() = default;
    virtual ~StepLog() = default;
    StepLog(const StepLog&) = delete;
    StepLog& operator=(const StepLog&) = delete;

    /// Takes a sentence without a line end.
    virtual void log(std::string_view sentence) = 0;
};

/// Reports a step on the host after it was carried out: its name in explain, and its object.
/// Without a log it does nothing.
inline void log_act(StepLog* log, std::string_view name, std::string_view object) {
    if (log != nullptr)
        log->log(cat("done on the host: ", name, object.empty() ? "" : " ", object));
}

}  // namespace crux
