#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace crux::sys {

/// The move-only owner of one descriptor: closes it when it goes. The tag keeps kinds apart, so
/// that a pidfd given for a mount does not compile.
template <class Tag>
class [[nodiscard]] Handle {
 public:
    /// Owns nothing.
    Handle() = default;
    /// Takes over the descriptor; a negative number is nothing.
    explicit Handle(int fd) noexcept : fd_(fd) {}
    Handle(Handle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Handle& operator=(Handle&& other) noexcept {
        if (this != &other) reset(std::exchange(other.fd_, -1));
        return *this;
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() { reset(); }

    /// The number, for a system call made at once; -1 when nothing is owned.
    [[nodiscard]] int get() const noexcept { return fd_; }
    /// Gives the number and the duty to close it away.
    [[nodiscard]] int release() && noexcept { return std::exchange(fd_, -1); }
    /// Closes now. Errors of close are not reported: what must reach a disk is synced before.
    void reset(int fd = -1) noexcept {
        if (fd_ >= 0) ::close(fd_);
        fd_ = fd;
    }
    explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
    int fd_ = -1;
};

using Fd = Handle<struct AnyTag>;                 ///< any descriptor: file, directory, pipe, pty
using MountFd = Handle<struct MountTag>;          ///< a mount, attached or detached
using Pidfd = Handle<struct PidTag>;              ///< a process
using NamespaceFd = Handle<struct NamespaceTag>;  ///< a namespace
using SocketFd = Handle<struct SocketTag>;        ///< a socket

/// A borrowed descriptor, made from any owner and valid as long as that owner. What functions take.
class FdRef {
 public:
    template <class Tag>
    // NOLINTNEXTLINE(google-explicit-constructor): passing an owner lends it
    FdRef(const Handle<Tag>& owner) noexcept : fd_(owner.get()) {}
    /// Borrows a number that somebody else owns, such as 0, 1 and 2.
    explicit constexpr FdRef(int fd) noexcept : fd_(fd) {}
    /// The current directory, where a directory is asked for (AT_FDCWD).
    static constexpr FdRef cwd() noexcept { return FdRef(AT_FDCWD); }
    /// No descriptor.
    static constexpr FdRef none() noexcept { return FdRef(-1); }

    [[nodiscard]] constexpr int get() const noexcept { return fd_; }

 private:
    int fd_;
};

}  // namespace crux::sys
