#pragma once

#include "runtime/init/libc.h"

namespace crux::init {

/// Adds a text of the image. Control characters must not reach the terminal that shows the message:
/// each becomes a question mark, except the carriage return of a text from Windows.
template <std::size_t Size>
void add_printable(Buffer<Size>& out, const char* text) {
    for (; *text != 0; ++text) {
        constexpr unsigned char kFirstPrintable = 0x20;
        constexpr unsigned char kDelete = 0x7f;
        const auto byte = static_cast<unsigned char>(*text);
        if (*text == '\r')
            out.add("\\r");
        else
            out.add(byte < kFirstPrintable || byte == kDelete ? "?" : text, 1);
    }
}

}  // namespace crux::init
