#include "runtime/init/mount_list.h"

#include "runtime/init/context.h"
#include "runtime/init/libc.h"

namespace crux::init {

namespace {

constexpr std::size_t kListMax = std::size_t{4} << 20U;

/// Decodes the octal escapes (\ooo) of blanks and other characters.
void unescape(char* text) {
    char* out = text;
    for (; *text != 0; ++out) {
        if (text[0] == '\\' && text[1] != 0 && text[2] != 0 && text[3] != 0) {
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

}  // namespace

Outcome read_mount_list(int file, char*& list) {
    list = static_cast<char*>(raw::pointer(TRY(map_memory(kListMax))));
    std::size_t length = 0;
    for (;;) {
        const long got = TRY(call(__NR_read, file, list + length, kListMax - 1 - length));
        if (got == 0) break;
        length += static_cast<std::size_t>(got);
    }
    return length < kListMax - 1 ? Outcome() : refuse(kNameTooLong, __NR_read);
}

bool next_mount(char*& list, MountLine& line) {
    if (*list == 0) return false;
    constexpr int kId = 0;
    constexpr int kParent = 1;
    constexpr int kRoot = 3;
    constexpr int kPoint = 4;
    line = {};
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
        if (field > kPoint && memcmp(word, "-", 2) == 0) type_comes = true;
        if (last) break;
    }
    if (line.type == nullptr) return next_mount(list, line);
    unescape(line.point);
    return true;
}

}  // namespace crux::init
