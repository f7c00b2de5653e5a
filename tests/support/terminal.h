#pragma once

#include <chrono>
#include <string>

namespace crux::test {

using namespace std::chrono_literals;

/// A listener on a Unix socket, as engines have for terminals and pidfds. It accepts nothing before
/// receive(): the sender must not wait for that.
class HandOver {
 public:
    /// Listens at this path.
    explicit HandOver(const std::string& path);
    ~HandOver();
    HandOver(const HandOver&) = delete;
    HandOver& operator=(const HandOver&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    /// Accepts a connection and receives one message with one descriptor; throws if anything else
    /// arrives.
    void receive();
    /// The received descriptor.
    [[nodiscard]] int file() const { return file_; }
    /// The bytes of the message.
    [[nodiscard]] const std::string& payload() const { return payload_; }

 private:
    std::string path_;
    std::string payload_;
    int listener_ = -1;
    int file_ = -1;
};

/// Both ends of a pty of the test, for a program that is started from a terminal.
class Pty {
 public:
    Pty();
    ~Pty();
    Pty(const Pty&) = delete;
    Pty& operator=(const Pty&) = delete;

    [[nodiscard]] int master() const { return master_; }
    [[nodiscard]] int slave() const { return slave_; }
    void resize(int rows, int columns) const;

 private:
    int master_ = -1;
    int slave_ = -1;
};

/// The output of a pty master until it contains this text, or until the timeout.
std::string read_until(int master, const std::string& text, std::chrono::milliseconds timeout = 5s);
/// Writes the text as input.
void type(int master, const std::string& text);

}  // namespace crux::test
