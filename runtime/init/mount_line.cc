#include "runtime/init/mount_line.h"

namespace crux::init {

namespace {

bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

bool is_escape(const char* text) {
    return text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && is_octal(text[2]) &&
           is_octal(text[3]);
}

/// Decodes the octal escapes (\ooo) of blanks and other characters.
void unescape(char* text) {
    char* out = text;
    for (; *text != 0; ++out) {
        if (is_escape(text)) {
            *out =
                static_cast<char>(((text[1] - '0') * 64) + ((text[2] - '0') * 8) + text[3] - '0');
            text += 4;
        } else {
            *out = *text++;
        }
    }
    *out = 0;
}

std::uint64_t number_in(const char* text) {
    std::uint64_t number = 0;
    for (; *text >= '0' && *text <= '9'; ++text)
        number = number * 10 + static_cast<std::uint64_t>(*text - '0');
    return number;
}

/// Cuts one line off the list, which is not empty.
void cut_line(char*& list, MountLine& line) {
    constexpr int kId = 0;
    constexpr int kParent = 1;
    constexpr int kRoot = 3;
    constexpr int kPoint = 4;
    bool type_comes = false;
    for (int field = 0;; ++field) {
        char* word = list;
        while (*list != ' ' && *list != '\n' && *list != 0) ++list;
        const bool last = *list != ' ';
        if (*list != 0) *list++ = 0;
        if (field == kId) line.id = number_in(word);
        if (field == kParent) line.parent = number_in(word);
        if (field == kRoot) line.root = word;
        if (field == kPoint) line.point = word;
        if (type_comes && line.type == nullptr) line.type = word;
        if (field > kPoint && word[0] == '-' && word[1] == 0) type_comes = true;
        if (last) break;
    }
}

}  // namespace

bool next_mount(char*& list, MountLine& line) {
    do {
        if (*list == 0) return false;
        line = {};
        cut_line(list, line);
    } while (line.type == nullptr);
    unescape(line.point);
    return true;
}

}  // namespace crux::init
