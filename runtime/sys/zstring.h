#pragma once

#include <string>

namespace crux::sys {

/// A borrowed text that ends in NUL, as the kernel requires for names; created from a literal or a
/// string without a copy.
class ZString {
 public:
    // NOLINTNEXTLINE(google-explicit-constructor): a literal is such a text
    constexpr ZString(const char* text) noexcept : text_(text) {}
    // NOLINTNEXTLINE(google-explicit-constructor): so is a string
    ZString(const std::string& text) noexcept : text_(text.c_str()) {}

    [[nodiscard]] constexpr const char* c_str() const noexcept { return text_; }

 private:
    const char* text_;
};

}  // namespace crux::sys
