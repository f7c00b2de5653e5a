#include "cmd/crux-systemd/message.h"

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace crux::systemd_helper {

namespace {

/// Returns the words of a value one after another.
class Words {
 public:
    explicit Words(const std::vector<std::string>& words) : words_(words) {}
    /// The next word, or null.
    const std::string* take() { return at_ < words_.size() ? &words_[at_++] : nullptr; }
    [[nodiscard]] bool done() const { return at_ == words_.size(); }

 private:
    const std::vector<std::string>& words_;
    std::size_t at_ = 0;
};

/// %XX stands for a byte.
std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        unsigned byte = 0;
        constexpr int kHexadecimal = 16;
        if (text[at] == '%' && at + 2 < text.size() &&
            std::from_chars(&text[at + 1], &text[at + 3], byte, kHexadecimal).ec == std::errc()) {
            out += static_cast<char>(byte);
            at += 2;
        } else {
            out += text[at];
        }
    }
    return out;
}

template <class Number>
int append_number(sd_bus_message* message, char type, const std::string& word) {
    Number value = 0;
    const char* end = word.data() + word.size();
    const auto [rest, error] = std::from_chars(word.data(), end, value);
    if (error != std::errc() || rest != end) return -EINVAL;
    return sd_bus_message_append_basic(message, type, &value);
}

int append_basic(sd_bus_message* message, char type, const std::string& word) {
    switch (type) {
        case SD_BUS_TYPE_BOOLEAN: {
            const int value = word == "true" ? 1 : 0;
            return sd_bus_message_append_basic(message, type, &value);
        }
        case SD_BUS_TYPE_BYTE:
            return append_number<std::uint8_t>(message, type, word);
        case SD_BUS_TYPE_INT16:
            return append_number<std::int16_t>(message, type, word);
        case SD_BUS_TYPE_UINT16:
            return append_number<std::uint16_t>(message, type, word);
        case SD_BUS_TYPE_INT32:
            return append_number<std::int32_t>(message, type, word);
        case SD_BUS_TYPE_UINT32:
            return append_number<std::uint32_t>(message, type, word);
        case SD_BUS_TYPE_INT64:
            return append_number<std::int64_t>(message, type, word);
        case SD_BUS_TYPE_UINT64:
            return append_number<std::uint64_t>(message, type, word);
        case SD_BUS_TYPE_DOUBLE:
            return append_number<double>(message, type, word);
        case SD_BUS_TYPE_STRING:
        case SD_BUS_TYPE_OBJECT_PATH: {
            const std::string text = unescaped(word);
            return sd_bus_message_append_basic(message, type, text.c_str());
        }
        default:
            return -EINVAL;
    }
}

/// The first complete type: "a(ss)", "as", "t"; empty if there is none.
std::string_view first_type(std::string_view types) {
    std::size_t length = 0;
    while (length < types.size() && types[length] == 'a') ++length;
    if (length == types.size()) return {};
    if (types[length] != '(') return types.substr(0, length + 1);
    const std::size_t end = types.find(')', length);
    return end == std::string_view::npos ? std::string_view() : types.substr(0, end + 1);
}

int append_value(sd_bus_message* message, std::string_view type, Words& words);

int append_array(sd_bus_message* message, std::string_view type, Words& words) {
    const std::string contents(type.substr(1));
    const std::string* count_word = words.take();
    if (count_word == nullptr) return -EINVAL;
    unsigned count = 0;
    const char* end = count_word->data() + count_word->size();
    if (std::from_chars(count_word->data(), end, count).ptr != end) return -EINVAL;
    int result = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, contents.c_str());
    for (unsigned i = 0; i < count && result >= 0; ++i)
        result = append_value(message, contents, words);
    return result < 0 ? result : sd_bus_message_close_container(message);
}

int append_struct(sd_bus_message* message, std::string_view type, Words& words) {
    const std::string contents(type.substr(1, type.size() - 2));
    int result = sd_bus_message_open_container(message, SD_BUS_TYPE_STRUCT, contents.c_str());
    for (std::string_view rest = contents; !rest.empty() && result >= 0;) {
        const std::string_view member = first_type(rest);
        if (member.empty()) return -EINVAL;
        rest.remove_prefix(member.size());
        result = append_value(message, member, words);
    }
    return result < 0 ? result : sd_bus_message_close_container(message);
}

int append_value(sd_bus_message* message, std::string_view type, Words& words) {
    if (type.starts_with('a')) return append_array(message, type, words);
    if (type.starts_with('(')) return append_struct(message, type, words);
    const std::string* word = words.take();
    return word == nullptr ? -EINVAL : append_basic(message, type[0], *word);
}

}  // namespace

bool parse_property(const std::string& line, BusProperty& property) {
    property = {};
    std::vector<std::string> all;
    for (std::size_t begin = 0; begin <= line.size();) {
        const std::size_t end = std::min(line.find(' ', begin), line.size());
        all.push_back(line.substr(begin, end - begin));
        begin = end + 1;
    }
    if (all.size() < 3 || all[0].empty() || all[1].empty() ||
        first_type(all[1]).size() != all[1].size())
        return false;
    property.name = std::move(all[0]);
    property.type = std::move(all[1]);
    property.words.assign(all.begin() + 2, all.end());
    return true;
}

int append_property(sd_bus_message* message, const BusProperty& property) {
    Words words(property.words);
    int result = sd_bus_message_open_container(message, SD_BUS_TYPE_STRUCT, "sv");
    if (result >= 0) result = sd_bus_message_append(message, "s", property.name.c_str());
    if (result >= 0)
        result = sd_bus_message_open_container(message, SD_BUS_TYPE_VARIANT, property.type.c_str());
    if (result >= 0) result = append_value(message, property.type, words);
    if (result >= 0 && !words.done()) result = -EINVAL;
    if (result >= 0) result = sd_bus_message_close_container(message);
    if (result >= 0) result = sd_bus_message_close_container(message);
    return result;
}

}  // namespace crux::systemd_helper
