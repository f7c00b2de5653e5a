#pragma once

#include <string>
#include <vector>

namespace crux::cmd {

/// Text in columns, in the layout of runc's tables: each column is at least 12 wide and three
/// blanks wider than its widest cell; the last column is not padded.
class Table {
 public:
    /// Starts with the row of headings, which sets the number of columns.
    explicit Table(std::vector<std::string> headings) { add(std::move(headings)); }
    /// Adds a row with the same number of cells.
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    /// All rows, one per line.
    [[nodiscard]] std::string text() const;

 private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace crux::cmd
