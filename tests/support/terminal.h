#pragma once

#include <chrono>
#include <string>

namespace crux::test {

using namespace std::chrono_literals;

/// A listener on a unix socket, as engines have for terminals and pidfds. Nothing is accepted
/// before receive(): who sends must not wait for it.
class HandOver {
 public:
    /// Listens at this path.
    explicit HandOver(const std::string& path);
    ~HandOver();
    HandOver(const HandOver&) = delete;
    HandOver& operator=(const HandOver&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    /// Accepts, and takes one message with one descriptor; throws where that is not what comes.
    void receive();
    /// The descriptor that came.
    [[nodiscard]] int file() const { return file_; }
    /// The bytes beside it.
    [[nodiscard]] const std::string& payload() const { return payload_; }

 private:
    std::string path_;
    std::string payload_;
    int listener_ = -1;
    int file_ = -1;
};

/// Both ends of a pty of the test's own, for a program that wants to be started from a terminal.
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

/// What comes from a terminal's master until it holds this text, or the time is up.
std::string read_until(int master, const std::string& text, std::chrono::milliseconds timeout = 5s);
/// Types the text.
void type(int master, const std::string& text);

}  // namespace crux::test
