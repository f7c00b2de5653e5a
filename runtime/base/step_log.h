#pragma once

#include <string_view>

#include "runtime/base/text.h"

namespace crux {

/// Receives what crux plans and does, a sentence at a time (--debug).
class StepLog {
 public:
    StepLog() = default;
    virtual ~StepLog() = default;
    StepLog(const StepLog&) = delete;
    StepLog& operator=(const StepLog&) = delete;

    /// Takes a sentence without a line end.
    virtual void log(std::string_view sentence) = 0;
};

/// Reports one act on the host when it is done: the name that explain gives the act, and what it
/// was done to. Without a log it does nothing.
inline void log_act(StepLog* log, std::string_view name, std::string_view object) {
    if (log != nullptr)
        log->log(cat("done on the host: ", name, object.empty() ? "" : " ", object));
}

}  // namespace crux
