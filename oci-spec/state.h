#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/types.h"
#include "oci-spec/vocabulary.h"

namespace crux::oci {

/// The state of a container as callers see it. The specification knows all but `paused`, which is
/// runc's (runtime.md, State).
enum class Status : std::uint8_t { creating, created, running, paused, stopped };

inline constexpr std::array kStatuses = {
    Word<Status>{"creating", Status::creating}, Word<Status>{"created", Status::created},
    Word<Status>{"running", Status::running},   Word<Status>{"paused", Status::paused},
    Word<Status>{"stopped", Status::stopped},
};

/// What the state operation reports, with runc's additions (rootfs, created, owner).
struct State {
    std::string oci_version;
    std::string id;
    std::int32_t pid = 0;  ///< 0 once stopped
    Status status = Status::creating;
    std::string bundle;   ///< absolute
    std::string rootfs;   ///< absolute
    std::string created;  ///< RFC 3339 with nanoseconds, UTC
    StringMap annotations;
    std::string owner;  ///< filled by list only: a user's name or "#UID"
};

/// `state ID`: runc's keys in runc's order, two spaces of indentation, no line end at the end.
std::string state_json(const State& state);

/// `list --format json`: the same objects in an array on one line, with a line end; "null" for
/// none, as runc has it.
std::string list_json(const std::vector<State>& states);

/// What a hook reads from its standard input: the specification's properties only, on one line. The
/// pid is to be the one that the hook's pid namespace sees.
std::string hook_state_json(const State& state);

/// hook_state_json in two parts, for a process that alone knows the pid and writes it in between.
struct StateAroundPid {
    std::string before;
    std::string after;
};
StateAroundPid hook_state_around_pid(const State& state);

/// The container process state that a seccomp agent is sent (config-linux.md), with one descriptor,
/// "seccompFd". `pid` is the process that has the filter: the container's own, or one of exec.
std::string seccomp_state_json(const State& state, int pid, std::string_view metadata);

}  // namespace crux::oci
