#pragma once

#include <sys/types.h>

#include <string>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/process.h"

namespace crux::hooks {

/// A hook that runs: killed with its process group and reaped when it goes unreaped.
class Running {
 public:
    Running(pid_t pid, sys::Pidfd fd) : pid_(pid), fd_(std::move(fd)) {}
    Running(Running&& other) noexcept
        : pid_(std::exchange(other.pid_, 0)), fd_(std::move(other.fd_)) {}
    Running& operator=(Running&&) = delete;
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running();

    [[nodiscard]] sys::FdRef fd() const { return fd_; }
    [[nodiscard]] pid_t pid() const { return pid_; }
    /// SIGKILL to its process group, which has its pid.
    void kill() const;
    /// How it ended. It must have ended, or been killed: waits 10 s at most.
    Result<sys::ExitStatus> reap();

 private:
    pid_t pid_;
    sys::Pidfd fd_;
};

/// What the hook gets for its descriptors 0 to 2, and its working directory.
struct Streams {
    sys::FdRef in;
    sys::FdRef out;
    sys::FdRef err;
    sys::FdRef directory;
};

/// Starts the hook's program as run.h says; the errno of exec (or of what comes just before it).
Result<Running, Errno> spawn(const oci::Hook& hook, const Streams& streams);

}  // namespace crux::hooks
