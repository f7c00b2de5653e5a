#pragma once

#include <sys/types.h>

#include <span>
#include <string>

#include "runtime/base/error.h"
#include "runtime/checkpoint/rpc.h"
#include "runtime/sys/handle.h"

namespace crux::checkpoint {

/// Handles CRIU's notifications.
class Listener {
 public:
    Listener() = default;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    virtual ~Listener() = default;

    /// A notification; "orphan-pts-master" comes with a pty master. After an error CRIU stops, and
    /// converse() returns that error.
    virtual Status hear(const Response& announcement, sys::Fd descriptor) = 0;
};

/// A CRIU process that serves one request: `criu swrk`. The destructor ends and reaps it.
class Criu {
 public:
    enum class Streams : bool { none, ours };
    /// Finds criu in PATH and starts it with /dev/null or our own descriptors 0 to 2 and, from
    /// kFirstExtra on, copies of the others. `replaced` are used in place of our descriptors 0 to
    /// 2, unless they are none. If it is missing: `exec: "criu": executable file not found in
    /// $PATH`.
    static Result<Criu> start(Streams streams = Streams::none,
                              std::span<const sys::FdRef> extra = {},
                              std::span<const sys::FdRef> replaced = {});
    Criu(Criu&& other) noexcept;
    Criu& operator=(Criu&&) = delete;
    Criu(const Criu&) = delete;
    Criu& operator=(const Criu&) = delete;
    ~Criu();

    /// The number of the first extra descriptor in CRIU.
    static constexpr int kFirstExtra = 4;

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// Sends a request and handles all notifications until the response. A response without success
    /// is an error: "criu failed: type DUMP errno 3".
    Result<Response> converse(const std::string& request, Listener* listener);

    /// CRIU's own message about its failure, in one sentence; or empty.
    [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
    Criu(pid_t pid, sys::SocketFd socket) : pid_(pid), socket_(std::move(socket)) {}
    Result<Response> receive(sys::Fd& descriptor);

    pid_t pid_;
    sys::SocketFd socket_;
    std::string complaint_;
};

/// The version of the installed CRIU, 31701 for 3.17.1; an error below 3.0 ("CRIU version 20000
/// must be 30000 or higher").
Result<int> criu_version();

/// Checks the features of CRIU and the kernel; a missing one is an error: "criu is missing
/// features: [MemTrack]".
Status check_features(const Features& wanted);

/// The errors in CRIU's log: the last five lines that contain one; empty if there are none.
std::string errors_of(std::string_view log);

}  // namespace crux::checkpoint
