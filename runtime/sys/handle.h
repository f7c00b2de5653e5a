#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace crux::sys {

/// The move-only owner of one descriptor; the destructor closes it. The tag distinguishes kinds of
/// descriptors, so that passing a pidfd for a mount does not compile.
template <class Tag>
class [[nodiscard]] Handle {
 public:
    /// Owns nothing.
    Handle() = default;
    /// Takes ownership of the descriptor; a negative number is none.
    explicit Handle(int fd) noexcept : fd_(fd) {}
    Handle(Handle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Handle& operator=(Handle&& other) noexcept {
        if (this != &other) reset(std::exchange(other.fd_, -1));
        return *this;
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() { reset(); }

    /// The number, for an immediate system call; -1 if nothing is owned.
    [[nodiscard]] int get() const noexcept { return fd_; }
    /// Returns the number; the caller must close it.
    [[nodiscard]] int release() && noexcept { return std::exchange(fd_, -1); }
    /// Closes now. Errors of close(2) are not reported: data that must reach a disk is synced
    /// first.
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

/// A borrowed descriptor, created from any owner and valid as long as that owner. Functions take
/// this type.
class FdRef {
 public:
    template <class Tag>
    // NOLINTNEXTLINE(google-explicit-constructor): passing an owner lends it
    FdRef(const Handle<Tag>& owner) noexcept : fd_(owner.get()) {}
    /// Borrows a descriptor that has no owner object, such as 0, 1 and 2.
    explicit constexpr FdRef(int fd) noexcept : fd_(fd) {}
    /// The working directory, as a directory argument (AT_FDCWD).
    static constexpr FdRef cwd() noexcept { return FdRef(AT_FDCWD); }
    /// No descriptor.
    static constexpr FdRef none() noexcept { return FdRef(-1); }

    [[nodiscard]] constexpr int get() const noexcept { return fd_; }

 private:
    int fd_;
};

}  // namespace crux::sys
