#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The wire format of Protocol Buffers (protobuf.dev, Encoding) as far as CRIU's messages need it:
/// varints and texts. Groups and fixed-width fields do not occur in them.
namespace crux::checkpoint {

/// Writes the fields of one message.
class MessageWriter {
 public:
    void number(unsigned field, std::uint64_t value);
    /// An int32, whose negative values take the width of an int64.
    void integer(unsigned field, std::int32_t value) {
        number(field, static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
    }
    void text(unsigned field, std::string_view value);
    void message(unsigned field, const MessageWriter& value) { text(field, value.bytes_); }
    /// Only where it is true, which is the same to a reader that takes false for absent.
    void flag(unsigned field, bool value) {
        if (value) number(field, 1);
    }
    /// Only where there is any.
    void text_if_any(unsigned field, std::string_view value) {
        if (!value.empty()) text(field, value);
    }

    [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
    void varint(std::uint64_t value);

    std::string bytes_;
};

/// One field of a message; the text is part of the message's bytes.
struct Field {
    unsigned number = 0;
    std::uint64_t value = 0;  ///< of a varint
    std::string_view text;    ///< of a text or a message

    [[nodiscard]] std::int32_t integer() const { return static_cast<std::int32_t>(value); }
};

/// Reads the fields of a message one after another.
class MessageReader {
 public:
    explicit MessageReader(std::string_view bytes) : rest_(bytes) {}
    /// The next field; nothing at the end, and where the bytes are no message (then `broken`).
    /// Fields of fixed width are passed over.
    std::optional<Field> next();
    [[nodiscard]] bool broken() const { return broken_; }

 private:
    std::optional<std::uint64_t> varint();
    std::optional<std::string_view> take(std::uint64_t length);

    std::string_view rest_;
    bool broken_ = false;
};

}  // namespace crux::checkpoint
