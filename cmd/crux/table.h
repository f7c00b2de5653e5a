#pragma once

#include <string>
#include <vector>

namespace crux::cmd {

/// Text in columns, laid out as runc's tables are: each column at least 12 wide, three blanks after
/// its widest cell, the last one left as it is.
class Table {
 public:
    /// Starts with the row of headings, which says how many columns there are.
    explicit Table(std::vector<std::string> headings) { add(std::move(headings)); }
    /// Adds a row of as many cells.
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    /// All rows, a line each.
    [[nodiscard]] std::string text() const;

 private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace crux::cmd
