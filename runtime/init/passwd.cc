#include "runtime/init/passwd.h"

#include "runtime/init/libc.h"
#include "runtime/init/paths.h"

namespace crux::init {

namespace {

/// passwd(5): name:password:uid:gid:gecos:home:shell
constexpr int kUidField = 2;
constexpr int kHomeField = 5;

/// Reads a passwd file character by character and stores the home directory of one user.
class Lines {
 public:
    Lines(std::uint32_t uid, char (&out)[kHomeMax]) : uid_(uid), out_(out) {}

    /// Returns false once the home directory is found.
    bool take(char c) {
        if (c == '\n') {
            const bool found = field_ >= kHomeField && digits_ && number_ == uid_;
            if (found) return false;
            restart();
        } else if (c == ':') {
            ++field_;
        } else if (field_ == kUidField) {
            digits_ = c >= '0' && c <= '9' && number_ <= 0xffffffffU && (digits_ || first_);
            number_ = number_ * 10 + static_cast<std::uint64_t>(c - '0');
            first_ = false;
        } else if (field_ == kHomeField && length_ < kHomeMax - sizeof kPrefix) {
            out_[sizeof kPrefix - 1 + length_++] = c;
        }
        return true;
    }
    [[nodiscard]] std::size_t length() const { return length_; }

    static constexpr char kPrefix[] = "HOME=";

 private:
    void restart() {
        field_ = 0;
        number_ = 0;
        digits_ = false;
        first_ = true;
        length_ = 0;
    }
    std::uint32_t uid_;
    char (&out_)[kHomeMax];
    int field_ = 0;
    std::uint64_t number_ = 0;
    bool digits_ = false;
    bool first_ = true;
    std::size_t length_ = 0;
};

bool scan(Context& context, Lines& lines) {
    // Non-blocking: a FIFO instead of the file must not stop init.
    const Outcome opened = open_in_root(context, "etc/passwd", kReadOnly | kNonBlock);
    if (opened.failed()) return false;
    const Owned file(opened.value());
    Statx status;
    if (status_of(file.get(), status).failed() || (status.mode & kTypeMask) != kTypeRegular)
        return false;
    constexpr int kMaxBlocks = 1024;
    char block[4096] = {};
    for (int i = 0; i < kMaxBlocks; ++i) {
        const Outcome length = call(__NR_read, file.get(), block, sizeof block);
        if (length.failed() || length.value() == 0) return !lines.take('\n');
        for (long at = 0; at < length.value(); ++at)
            if (!lines.take(block[at])) return true;
    }
    return false;
}

}  // namespace

void find_home(Context& context, std::uint32_t uid, char (&out)[kHomeMax]) {
    memcpy(out, Lines::kPrefix, sizeof Lines::kPrefix);
    Lines lines(uid, out);
    const bool found = scan(context, lines) && lines.length() > 0;
    constexpr std::size_t kStart = sizeof Lines::kPrefix - 1;
    if (!found) out[kStart] = '/';
    out[kStart + (found ? lines.length() : 1)] = 0;
}

}  // namespace crux::init
