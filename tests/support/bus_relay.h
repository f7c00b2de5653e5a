#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <thread>

namespace crux::test {

/// Counts the messages of one direction of a D-Bus connection, after the lines of the
/// authentication. Little endian, like all programs here.
class MessageCounter {
 public:
    void take(std::string_view bytes);
    [[nodiscard]] int calls() const { return calls_; }
    [[nodiscard]] int answers() const { return answers_; }

 private:
    /// The length of the first message, 0 if it is not complete.
    [[nodiscard]] std::size_t first_length() const;

    std::string pending_;
    int calls_ = 0;
    int answers_ = 0;
};

/// A relay between programs and a bus: listens on a Unix socket, forwards all bytes, and counts
/// messages. One connection at a time.
class BusRelay {
 public:
    struct Counts {
        int connections = 0;
        int calls = 0;    ///< method calls to the bus
        int answers = 0;  ///< replies and errors from it
        bool operator==(const Counts&) const = default;
    };

    /// Listens at `path`, which must be free, for the bus that listens at `bus`.
    BusRelay(const std::string& path, std::string bus);
    ~BusRelay();
    BusRelay(const BusRelay&) = delete;
    BusRelay& operator=(const BusRelay&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    /// From now on nothing is forwarded after the authentication of a connection.
    void fall_silent() { silent_ = true; }
    /// The counts since the last call.
    Counts counts();

 private:
    void serve();
    void relay(int client);

    std::string path_;
    std::string bus_;
    int listener_ = -1;
    int stop_[2] = {-1, -1};
    std::atomic<bool> silent_{false};
    std::atomic<int> connections_{0};
    std::atomic<int> calls_{0};
    std::atomic<int> answers_{0};
    std::thread thread_;
};

}  // namespace crux::test
