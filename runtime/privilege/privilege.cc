#include "runtime/privilege/privilege.h"

#include <linux/landlock.h>
#include <sys/prctl.h>

#include "runtime/privilege/call_filter.h"
#include "runtime/sys/confine.h"
#include "runtime/sys/process.h"

namespace crux::privilege {

namespace {

/// The rights of the first Landlock (5.13) to read; those to change files are the other ones. Every
/// kernel with Landlock knows them all.
constexpr std::uint64_t kReading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kAll = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;

void give_up_capabilities(capability::Set kept, Bounding bounding) {
    const capability::ProcessSets now = capability::process_sets();
    // First, because it requires one of the others.
    if (bounding == Bounding::clear && now.effective != 0) (void)capability::clear_bounding();
    const capability::ProcessSets wanted = {.effective = now.effective & kept,
                                            .permitted = now.permitted & kept};
    if (wanted != now) (void)capability::set_process_sets(wanted);
}

}  // namespace

void give_up(capability::Set kept, Rest rest, Bounding bounding) {
    give_up_capabilities(kept, bounding);
    hide();
    const bool done = sys::prctl(PR_SET_NO_NEW_PRIVS, 1).has_value();
    if (!done || rest == Rest::anything) return;
    (void)sys::landlock_deny(rest == Rest::reading ? kAll & ~kReading : kAll);
    (void)sys::add_call_filter(rest == Rest::reading ? reading_calls() : relaying_calls());
}

void hide() {
    (void)sys::prctl(PR_SET_DUMPABLE, 0);
}

Lowered::Lowered(capability::Set kept) : before_(capability::process_sets()) {
    capability::ProcessSets lower = before_;
    lower.effective &= kept;
    changed_ = lower != before_ && capability::set_process_sets(lower);
}

Lowered::~Lowered() {
    // Without them, what follows fails in another place, and cannot be given back.
    constexpr int kTries = 3;
    for (int tries = 0; changed_ && tries < kTries; ++tries)
        if (capability::set_process_sets(before_)) changed_ = false;
}

}  // namespace crux::privilege
