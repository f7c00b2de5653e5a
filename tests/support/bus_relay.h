#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <thread>

namespace crux::test {

/// Counts the messages of one direction of a D-Bus connection: the bytes as they come, the lines of
/// the authentication before them. Little endian, as whoever runs here is.
class MessageCounter {
 public:
    void take(std::string_view bytes);
    [[nodiscard]] int calls() const { return calls_; }
    [[nodiscard]] int answers() const { return answers_; }

 private:
    /// The length of what stands in front, 0 where it is not all there.
    [[nodiscard]] std::size_t first_length() const;

    std::string pending_;
    int calls_ = 0;
    int answers_ = 0;
};

/// Stands between programs and a bus: listens on a unix socket, hands all bytes on, and counts what
/// passes. One connection after another.
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
    /// From now on nothing is handed on any more once a connection is authenticated.
    void fall_silent() { silent_ = true; }
    /// What passed since the last time.
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
