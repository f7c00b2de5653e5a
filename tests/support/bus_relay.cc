#include "tests/support/bus_relay.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace crux::test {

namespace {

int checked(int result, const char* what) {
    if (result < 0) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
    return result;
}

::sockaddr_un address_of(const std::string& path) {
    ::sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error("socket path too long");
    path.copy(address.sun_path, path.size());
    return address;
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t number = 0;
    std::memcpy(&number, &bytes[at], sizeof number);
    return number;
}

/// Reads available bytes; empty at the end.
std::string received(int file) {
    std::array<char, 65536> bytes{};
    const ssize_t length = ::read(file, bytes.data(), bytes.size());
    return length > 0 ? std::string(bytes.data(), static_cast<std::size_t>(length)) : "";
}

bool send_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t length = ::send(file, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (length < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(length));
    }
    return true;
}

}  // namespace

std::size_t MessageCounter::first_length() const {
    if (pending_[0] == '\0') return 1;
    if (pending_[0] != 'l') {
        const std::size_t end = pending_.find("\r\n");
        return end == std::string::npos ? 0 : end + 2;
    }
    // dbus-specification.html, Message Format: the body's length, and that of the header's fields.
    constexpr std::size_t kFixed = 16;
    constexpr std::size_t kBody = 4;
    constexpr std::size_t kFields = 12;
    constexpr std::size_t kAlignment = 8;
    if (pending_.size() < kFixed) return 0;
    std::size_t length = kFixed + number_at(pending_, kFields);
    length = (length + kAlignment - 1) / kAlignment * kAlignment;
    length += number_at(pending_, kBody);
    return pending_.size() < length ? 0 : length;
}

void MessageCounter::take(std::string_view bytes) {
    pending_ += bytes;
    while (!pending_.empty()) {
        const std::size_t length = first_length();
        if (length == 0) return;
        if (pending_[0] == 'l') {
            constexpr char kCall = 1;
            constexpr char kReply = 2;
            constexpr char kError = 3;
            if (pending_[1] == kCall) ++calls_;
            if (pending_[1] == kReply || pending_[1] == kError) ++answers_;
        }
        pending_.erase(0, length);
    }
}

BusRelay::BusRelay(const std::string& path, std::string bus) : path_(path), bus_(std::move(bus)) {
    const ::sockaddr_un address = address_of(path);
    listener_ = checked(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    checked(::bind(listener_, reinterpret_cast<const ::sockaddr*>(&address), sizeof address),
            "bind");
    constexpr int kBacklog = 8;
    checked(::listen(listener_, kBacklog), "listen");
    checked(::pipe2(stop_, O_CLOEXEC), "pipe2");
    thread_ = std::thread([this] { serve(); });
}

BusRelay::~BusRelay() {
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
    ::close(listener_);
    ::unlink(path_.c_str());
}

BusRelay::Counts BusRelay::counts() {
    return {connections_.exchange(0), calls_.exchange(0), answers_.exchange(0)};
}

void BusRelay::serve() {
    for (;;) {
        std::array<::pollfd, 2> waiting = {{{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}}};
        ::poll(waiting.data(), waiting.size(), -1);
        if (waiting[1].revents != 0) return;
        if (waiting[0].revents == 0) continue;
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        ++connections_;
        relay(client);
        ::close(client);
    }
}

void BusRelay::relay(int client) {
    const int bus = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bus < 0) return;
    const ::sockaddr_un address = address_of(bus_);
    MessageCounter to_bus;
    MessageCounter from_bus;
    bool going = ::connect(bus, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0;
    while (going) {
        std::array<::pollfd, 3> waiting = {
            {{client, POLLIN, 0}, {bus, POLLIN, 0}, {stop_[0], POLLIN, 0}}};
        ::poll(waiting.data(), waiting.size(), -1);
        if (waiting[2].revents != 0) break;
        if (waiting[0].revents != 0) {
            const std::string bytes = received(client);
            const int before = to_bus.calls();
            to_bus.take(bytes);
            calls_ += to_bus.calls() - before;
            const bool is_call = to_bus.calls() > before;
            going = !bytes.empty() && ((silent_ && is_call) || send_all(bus, bytes));
        }
        if (going && waiting[1].revents != 0) {
            const std::string bytes = received(bus);
            const int before = from_bus.answers();
            from_bus.take(bytes);
            answers_ += from_bus.answers() - before;
            going = !bytes.empty() && send_all(client, bytes);
        }
    }
    ::close(bus);
}

}  // namespace crux::test
