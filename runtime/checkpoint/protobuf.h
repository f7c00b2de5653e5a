#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The wire format of Protocol Buffers (protobuf.dev, Encoding), as far as CRIU's messages use it:
/// varints and strings, but no groups and fixed-width fields.
namespace crux::checkpoint {

/// Writes the fields of one message.
class MessageWriter {
 public:
    void number(unsigned field, std::uint64_t value);
    /// An int32, whose negative values are encoded with the width of an int64.
    void integer(unsigned field, std::int32_t value) {
        number(field, static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
    }
    void text(unsigned field, std::string_view value);
    void message(unsigned field, const MessageWriter& value) { text(field, value.bytes_); }
    /// Only if it is true: readers take a missing field as false.
    void flag(unsigned field, bool value) {
        if (value) number(field, 1);
    }
    /// Only if it is not empty.
    void text_if_any(unsigned field, std::string_view value) {
        if (!value.empty()) text(field, value);
    }

    [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
    void varint(std::uint64_t value);

    std::string bytes_;
};

/// One field of a message; the text refers to the bytes of the message.
struct Field {
    unsigned number = 0;
    std::uint64_t value = 0;  ///< for a varint
    std::string_view text;    ///< for a string or a message

    [[nodiscard]] std::int32_t integer() const { return static_cast<std::int32_t>(value); }
};

/// Reads the fields of a message in order.
class MessageReader {
 public:
    explicit MessageReader(std::string_view bytes) : rest_(bytes) {}
    /// The next field; nothing at the end, or if the bytes are not a valid message (then `broken`).
    /// Skips fixed-width fields.
    std::optional<Field> next();
    [[nodiscard]] bool broken() const { return broken_; }

 private:
    std::optional<std::uint64_t> varint();
    std::optional<std::string_view> take(std::uint64_t length);

    std::string_view rest_;
    bool broken_ = false;
};

}  // namespace crux::checkpoint
