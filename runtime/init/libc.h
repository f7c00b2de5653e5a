#pragma once

#include <cstddef>

/// The few memory and string functions that init uses; the compiler may insert calls of the C ones.
extern "C" {
void* memcpy(void* to, const void* from, std::size_t count);
void* memset(void* to, int byte, std::size_t count);
int memcmp(const void* left, const void* right, std::size_t count);
std::size_t strlen(const char* text);
}

namespace crux::init {

/// Builds a text in a fixed buffer; `overflow` is set if something does not fit.
template <std::size_t Size>
class Buffer {
 public:
    Buffer() { bytes_[0] = 0; }
    Buffer& add(const char* text) { return add(text, strlen(text)); }
    Buffer& add(const char* text, std::size_t length) {
        if (length >= Size - length_) {
            overflow_ = true;
            return *this;
        }
        memcpy(bytes_ + length_, text, length);
        length_ += length;
        bytes_[length_] = 0;
        return *this;
    }
    Buffer& add_number(unsigned long number) {
        char digits[24];
        std::size_t at = sizeof digits;
        do {
            digits[--at] = static_cast<char>('0' + (number % 10));
            number /= 10;
        } while (number != 0);
        return add(digits + at, sizeof digits - at);
    }
    [[nodiscard]] const char* text() const { return bytes_; }
    [[nodiscard]] char* data() { return bytes_; }
    [[nodiscard]] std::size_t length() const { return length_; }
    [[nodiscard]] bool overflow() const { return overflow_; }

 private:
    std::size_t length_ = 0;
    bool overflow_ = false;
    char bytes_[Size];
};

}  // namespace crux::init
