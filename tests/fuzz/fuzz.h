#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

/// What must hold of every input. A fuzzer has no use for a report but a crash.
inline void hold(bool condition) {
    if (!condition) std::abort();
}

/// libFuzzer's bytes as a text.
inline std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);
