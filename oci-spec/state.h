#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/types.h"
#include "oci-spec/vocabulary.h"

namespace crux::oci {

/// The status of a container. `paused` is runc's, the others are those of the specification
/// (runtime.md, State).
enum class Status : std::uint8_t { creating, created, running, paused, stopped };

inline constexpr auto kStatuses = std::array{
    Word<Status>{"creating", Status::creating}, Word<Status>{"created", Status::created},
    Word<Status>{"running", Status::running},   Word<Status>{"paused", Status::paused},
    Word<Status>{"stopped", Status::stopped},
};

/// The output of the state operation, with runc's additions (rootfs, created, owner).
struct State {
    std::string oci_version;
    std::string id;
    std::int32_t pid = 0;  ///< 0 once stopped
    Status status = Status::creating;
    std::string bundle;   ///< absolute
    std::string rootfs;   ///< absolute
    std::string created;  ///< RFC 3339 with nanoseconds, UTC
    StringMap annotations;
    std::string owner;  ///< set by list only: a user name or "#UID"
};

/// `state ID`: runc's keys in runc's order, indented by two spaces, no newline at the end.
std::string state_json(const State& state);

/// `list --format json`: an array of the same objects on one line, with a newline; "null" if there
/// are none, as runc does.
std::string list_json(const std::vector<State>& states);

/// The standard input of a hook: only the specification's properties, on one line. The pid must be
/// the one in the pid namespace of the hook.
std::string hook_state_json(const State& state);

/// hook_state_json in two parts, for a process that alone knows the pid and writes it in between.
struct StateAroundPid {
    std::string before;
    std::string after;
};
StateAroundPid hook_state_around_pid(const State& state);

/// The container process state that is sent to a seccomp agent (config-linux.md), with one
/// descriptor, "seccompFd". `pid` is the process with the filter: init or a process of exec.
std::string seccomp_state_json(const State& state, int pid, std::string_view metadata);

}  // namespace crux::oci
