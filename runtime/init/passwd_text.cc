#include "runtime/init/passwd_text.h"

namespace crux::init {

namespace {

/// passwd(5): name:password:uid:gid:gecos:home:shell
constexpr int kUidField = 2;
constexpr int kHomeField = 5;

constexpr char kPrefix[] = {'H', 'O', 'M', 'E', '='};

}  // namespace

HomeSearch::HomeSearch(std::uint32_t uid, char (&out)[kHomeMax]) : uid_(uid), out_(out) {
    for (std::size_t at = 0; at < sizeof kPrefix; ++at) out_[at] = kPrefix[at];
}

void HomeSearch::drop_line() {
    field_ = 0;
    number_ = 0;
    digits_ = false;
    first_ = true;
    length_ = 0;
}

bool HomeSearch::take(char c) {
    if (c == '\n') {
        if (field_ >= kHomeField && digits_ && number_ == uid_) return true;
        drop_line();
    } else if (c == ':') {
        // Not more than needed: a line can have any number of fields.
        if (field_ <= kHomeField) ++field_;
    } else if (field_ == kUidField) {
        digits_ = c >= '0' && c <= '9' && number_ <= 0xffffffffU && (digits_ || first_);
        number_ = number_ * 10 + static_cast<std::uint64_t>(c - '0');
        first_ = false;
    } else if (field_ == kHomeField && length_ < kHomeMax - sizeof kPrefix - 1) {
        out_[sizeof kPrefix + length_++] = c;
    }
    return false;
}

bool HomeSearch::take(const char* text, std::size_t length) {
    for (std::size_t at = 0; at < length && !found_; ++at) found_ = take(text[at]);
    return found_;
}

void HomeSearch::finish() {
    // The last line need not have a newline.
    if (!found_) found_ = take('\n');
    if (!found_) length_ = 0;
    if (length_ == 0) out_[sizeof kPrefix + length_++] = '/';
    out_[sizeof kPrefix + length_] = 0;
}

}  // namespace crux::init
