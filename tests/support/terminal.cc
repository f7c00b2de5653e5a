#include "tests/support/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "tests/support/command.h"

namespace crux::test {

namespace {

int checked(int result, const char* what) {
    if (result < 0) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
    return result;
}

}  // namespace

HandOver::HandOver(const std::string& path) : path_(path) {
    ::sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error("socket path too long");
    path.copy(address.sun_path, path.size());
    listener_ = checked(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    checked(::bind(listener_, reinterpret_cast<::sockaddr*>(&address), sizeof address), "bind");
    checked(::listen(listener_, 1), "listen");
}

HandOver::~HandOver() {
    ::close(listener_);
    if (file_ >= 0) ::close(file_);
    ::unlink(path_.c_str());
}

void HandOver::receive() {
    ::pollfd waiting = {listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 5000) != 1) throw std::runtime_error("no connection within 5 s");
    const int peer = checked(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), "accept");
    std::array<char, 4096> bytes{};
    ::iovec place = {bytes.data(), bytes.size()};
    alignas(::cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    ::msghdr message = {};
    message.msg_iov = &place;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t length = ::recvmsg(peer, &message, MSG_CMSG_CLOEXEC);
    ::close(peer);
    const ::cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (length < 1 || header == nullptr || header->cmsg_len != CMSG_LEN(sizeof(int)) ||
        (message.msg_flags & MSG_CTRUNC) != 0)
        throw std::runtime_error("not one message with one descriptor");
    std::memcpy(&file_, CMSG_DATA(header), sizeof file_);
    payload_.assign(bytes.data(), static_cast<std::size_t>(length));
}

Pty::Pty() {
    master_ = checked(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt");
    checked(::unlockpt(master_), "unlockpt");
    slave_ = checked(::ioctl(master_, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC), "TIOCGPTPEER");
}

Pty::~Pty() {
    ::close(master_);
    ::close(slave_);
}

void Pty::resize(int rows, int columns) const {
    ::winsize size = {};
    size.ws_row = static_cast<unsigned short>(rows);
    size.ws_col = static_cast<unsigned short>(columns);
    checked(::ioctl(master_, TIOCSWINSZ, &size), "TIOCSWINSZ");
}

std::string read_until(int master, const std::string& text, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout * slowdown();
    std::string all;
    while (all.find(text) == std::string::npos) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        ::pollfd waiting = {master, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) != 1) break;
        std::array<char, 4096> bytes{};
        const ssize_t length = ::read(master, bytes.data(), bytes.size());
        if (length <= 0) break;
        all.append(bytes.data(), static_cast<std::size_t>(length));
    }
    return all;
}

void type(int master, const std::string& text) {
    if (::write(master, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw std::runtime_error("cannot type into the terminal");
}

}  // namespace crux::test
