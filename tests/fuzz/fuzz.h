#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string_view>

/// An invariant of every input. A fuzzer detects only crashes.
inline void hold(bool condition, std::source_location place = std::source_location::current()) {
    if (condition) return;
    std::fprintf(stderr, "ERROR: %s:%u does not hold\n", place.file_name(),
                 static_cast<unsigned>(place.line()));
    std::abort();
}

/// libFuzzer's input as a string.
inline std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);
