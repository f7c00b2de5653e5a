#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace crux::hooks {

/// Keeps the last bytes of a stream, up to a limit.
class Tail {
 public:
    explicit Tail(std::size_t limit) : limit_(limit) {}
    void add(std::string_view bytes);
    /// The stored bytes, after "[…]" if bytes before them were dropped.
    [[nodiscard]] std::string text() const;

 private:
    std::size_t limit_;
    bool cut_ = false;
    std::string bytes_;
};

}  // namespace crux::hooks
