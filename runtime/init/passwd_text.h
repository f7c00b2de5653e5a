#pragma once

#include <cstddef>
#include <cstdint>

namespace crux::init {

constexpr std::size_t kHomeMax = 1024;

/// Searches the text of a passwd file (passwd(5)) for the home directory of a user ID. The text is
/// an image's and can be anything: it is taken in pieces of any length, in constant memory.
class HomeSearch {
 public:
    /// The result is written to `out`.
    HomeSearch(std::uint32_t uid, char (&out)[kHomeMax]);

    /// Takes the next piece of the text. Returns true once the line of the user is complete; no
    /// more text is needed then.
    bool take(const char* text, std::size_t length);
    /// Forgets the line that is not complete yet.
    void drop_line();
    /// Ends the text, after which `out` is "HOME=" and the directory, or "HOME=/" if the user has
    /// none. A directory that does not fit is cut off.
    void finish();

 private:
    bool take(char c);

    std::uint32_t uid_;
    char (&out_)[kHomeMax];
    int field_ = 0;
    std::uint64_t number_ = 0;
    bool digits_ = false;
    bool first_ = true;
    bool found_ = false;
    std::size_t length_ = 0;
};

}  // namespace crux::init
