#include "runtime/container/last_wait.h"

#include <ctime>

namespace crux::container {

void prepare_last_wait(const Context& context, capability::Set kept, privilege::Bounding bounding) {
    // Warnings are printed at the end, with the local time, and the file of the time zone cannot be
    // opened then.
    if (!context.warnings.empty()) ::tzset();
    privilege::give_up(kept, privilege::Rest::relaying, bounding);
}

}  // namespace crux::container
