#pragma once

#include <sys/types.h>

#include <string>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/process.h"

namespace crux::hooks {

/// A running hook. The destructor kills its process group and reaps it, if that has not been done.
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
    /// Sends SIGKILL to its process group, whose ID is its pid.
    void kill() const;
    /// Its exit status. It must have ended or been killed: waits at most 10 s.
    Result<sys::ExitStatus> reap();

 private:
    pid_t pid_;
    sys::Pidfd fd_;
};

/// The hook's descriptors 0 to 2 and its working directory.
struct Streams {
    sys::FdRef in;
    sys::FdRef out;
    sys::FdRef err;
    sys::FdRef directory;
};

/// Starts the hook's program as described in run.h; returns the errno of exec (or of the steps just
/// before it).
Result<Running, Errno> spawn(const oci::Hook& hook, const Streams& streams);

}  // namespace crux::hooks
