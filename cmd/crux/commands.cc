#include "cmd/crux/commands.h"

namespace crux::cmd {

namespace {

constexpr const Command* kAll[] = {
    &kCheckpoint, &kCompletion, &kCreate, &kDelete, &kDoctor, &kEvents, &kExec,
    &kExplain,    &kFeatures,   &kKill,   &kList,   &kPause,  &kPs,     &kRestore,
    &kResume,     &kRun,        &kSpec,   &kStart,  &kState,  &kUpdate, &kValidate,
};

}  // namespace

std::span<const Command* const> all_commands() {
    return kAll;
}

}  // namespace crux::cmd
