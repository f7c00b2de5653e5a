#pragma once

#include <span>

#include "cmd/crux/command.h"

namespace crux::cmd {

/// All commands in alphabetical order. To add one, define its table in a file of its own and list
/// it in commands.cc.
std::span<const Command* const> all_commands();

extern const Command kCheckpoint;
extern const Command kCompletion;
extern const Command kCreate;
extern const Command kDelete;
extern const Command kDoctor;
extern const Command kEvents;
extern const Command kExec;
extern const Command kExplain;
extern const Command kFeatures;
extern const Command kKill;
extern const Command kList;
extern const Command kPause;
extern const Command kPs;
extern const Command kRestore;
extern const Command kResume;
extern const Command kRun;
extern const Command kSpec;
extern const Command kStart;
extern const Command kState;
extern const Command kUpdate;
extern const Command kValidate;

}  // namespace crux::cmd
