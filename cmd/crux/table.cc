#include "cmd/crux/table.h"

#include <algorithm>

namespace crux::cmd {

namespace {

constexpr std::size_t kLeastWidth = 12;
constexpr std::size_t kPadding = 3;

/// The number of characters on a terminal: UTF-8's continuation bytes are not counted.
std::size_t width_of(const std::string& cell) {
    return static_cast<std::size_t>(std::ranges::count_if(
        cell, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace

std::string Table::text() const {
    const std::size_t last = rows_.front().size() - 1;
    std::vector<std::size_t> widths(last, kLeastWidth);
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < last; ++i)
            widths[i] = std::max(widths[i], width_of(row[i]) + kPadding);
    std::string out;
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < last; ++i)
            out += row[i] + std::string(widths[i] - width_of(row[i]), ' ');
        out += row[last] + '\n';
    }
    return out;
}

}  // namespace crux::cmd
