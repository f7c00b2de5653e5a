#include "cmd/crux/commands.h"

namespace crux::cmd {

namespace {

constexpr const Command* kAll[] = {
    &kCreate, &kDelete, &kExec, &kExplain, &kKill,  &kList,     &kPause,
    &kResume, &kRun,    &kSpec, &kStart,   &kState, &kValidate,
};

}  // namespace

std::span<const Command* const> all_commands() {
    return kAll;
}

}  // namespace crux::cmd
