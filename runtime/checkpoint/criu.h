#pragma once

#include <sys/types.h>

#include <span>
#include <string>

#include "runtime/base/error.h"
#include "runtime/checkpoint/rpc.h"
#include "runtime/sys/handle.h"

namespace crux::checkpoint {

/// What is done at CRIU's announcements.
class Listener {
 public:
    Listener() = default;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    virtual ~Listener() = default;

    /// An announcement; with "orphan-pts-master" comes a terminal's master. Where this fails CRIU
    /// gives up, and the failure is the answer of converse().
    virtual Status hear(const Response& announcement, sys::Fd descriptor) = 0;
};

/// A CRIU that serves one request: `criu swrk`. Ended and reaped when it goes.
class Criu {
 public:
    enum class Streams : bool { none, ours };
    /// Finds criu by PATH and starts it with /dev/null or our own descriptors 0 to 2 and, from
    /// kFirstExtra on, copies of the others. Where it is not there: `exec: "criu": executable file
    /// not found in $PATH`.
    static Result<Criu> start(Streams streams = Streams::none,
                              std::span<const sys::FdRef> extra = {});
    Criu(Criu&& other) noexcept;
    Criu& operator=(Criu&&) = delete;
    Criu(const Criu&) = delete;
    Criu& operator=(const Criu&) = delete;
    ~Criu();

    /// CRIU's number of the first extra descriptor.
    static constexpr int kFirstExtra = 4;

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// Sends a request and hears all announcements up to the answer. An answer that says no is an
    /// error: "criu failed: type DUMP errno 3".
    Result<Response> converse(const std::string& request, Listener* listener);

    /// What CRIU itself said of its failure, in one sentence; or empty.
    [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
    Criu(pid_t pid, sys::SocketFd socket) : pid_(pid), socket_(std::move(socket)) {}
    Result<Response> receive(sys::Fd& descriptor);

    pid_t pid_;
    sys::SocketFd socket_;
    std::string complaint_;
};

/// The installed CRIU's version, 31701 for 3.17.1; an error below 3.0 ("CRIU version 20000 must be
/// 30000 or higher").
Result<int> criu_version();

/// Asks what CRIU and the kernel can do; what is wanted and missing is an error: "criu is missing
/// features: [MemTrack]".
Status check_features(const Features& wanted);

/// What CRIU's log says of its failure: the lines with errors, the last five of them; empty where
/// there are none.
std::string errors_of(std::string_view log);

}  // namespace crux::checkpoint
