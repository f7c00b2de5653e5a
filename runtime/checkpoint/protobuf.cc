#include "runtime/checkpoint/protobuf.h"

namespace crux::checkpoint {

namespace {

constexpr unsigned kVarint = 0;
constexpr unsigned kFixed64 = 1;
constexpr unsigned kText = 2;
constexpr unsigned kFixed32 = 5;
constexpr unsigned kTypeBits = 3;
constexpr unsigned kTypeMask = 7;
constexpr unsigned kByteBits = 7;
constexpr std::uint64_t kMore = 0x80;

}  // namespace

void MessageWriter::varint(std::uint64_t value) {
    for (; value >= kMore; value >>= kByteBits)
        bytes_ += static_cast<char>(static_cast<unsigned char>(value | kMore));
    bytes_ += static_cast<char>(static_cast<unsigned char>(value));
}

void MessageWriter::number(unsigned field, std::uint64_t value) {
    varint((std::uint64_t{field} << kTypeBits) | kVarint);
    varint(value);
}

void MessageWriter::text(unsigned field, std::string_view value) {
    varint((std::uint64_t{field} << kTypeBits) | kText);
    varint(value.size());
    bytes_ += value;
}

std::optional<std::uint64_t> MessageReader::varint() {
    constexpr unsigned kBits = 64;
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < kBits && !rest_.empty(); shift += kByteBits) {
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        value |= (byte & (kMore - 1)) << shift;
        if ((byte & kMore) == 0) return value;
    }
    broken_ = true;
    return std::nullopt;
}

std::optional<std::string_view> MessageReader::take(std::uint64_t length) {
    if (length > rest_.size()) {
        broken_ = true;
        return std::nullopt;
    }
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
}

std::optional<Field> MessageReader::next() {
    while (!rest_.empty() && !broken_) {
        const auto key = varint();
        if (!key) break;
        Field field;
        field.number = static_cast<unsigned>(*key >> kTypeBits);
        const unsigned type = *key & kTypeMask;
        if (type == kFixed64 || type == kFixed32) {
            (void)take(type == kFixed64 ? sizeof(std::uint64_t) : sizeof(std::uint32_t));
            continue;
        }
        if (type != kVarint && type != kText) {
            broken_ = true;
            break;
        }
        const auto value = varint();
        if (!value) break;
        field.value = *value;
        if (type == kVarint) return field;
        const auto text = take(*value);
        if (!text) break;
        field.text = *text;
        return field;
    }
    return std::nullopt;
}

}  // namespace crux::checkpoint
