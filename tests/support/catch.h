#pragma once

// Catch2 version 2 (Debian 12) or version 3 (newer distributions), with the names that both have.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#define CRUX_CATCH_VERSION 3

namespace Catch {
inline auto Contains(const std::string& text) {
    return Matchers::ContainsSubstring(text);
}
inline auto StartsWith(const std::string& text) {
    return Matchers::StartsWith(text);
}
inline auto EndsWith(const std::string& text) {
    return Matchers::EndsWith(text);
}
inline auto Equals(const std::string& text) {
    return Matchers::Equals(text);
}
inline auto Matches(const std::string& pattern) {
    return Matchers::Matches(pattern);
}
}  // namespace Catch

#else
#include <catch2/catch.hpp>
#define CRUX_CATCH_VERSION 2
#endif
