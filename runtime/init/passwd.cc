#include "runtime/init/passwd.h"

#include "runtime/init/paths.h"

namespace crux::init {

namespace {

void scan(Context& context, HomeSearch& search) {
    // Non-blocking: a FIFO instead of the file must not stop init.
    const Outcome opened = open_in_root(context, "etc/passwd", kReadOnly | kNonBlock);
    if (opened.failed()) return;
    const Owned file(opened.value());
    Statx status;
    if (status_of(file.get(), status).failed() || (status.mode & kTypeMask) != kTypeRegular) return;
    constexpr int kMaxBlocks = 1024;
    char block[4096] = {};
    for (int i = 0; i < kMaxBlocks; ++i) {
        const Outcome length = call(__NR_read, file.get(), block, sizeof block);
        if (length.failed() || length.value() == 0) return;
        if (search.take(block, static_cast<std::size_t>(length.value()))) return;
    }
    search.drop_line();
}

}  // namespace

void find_home(Context& context, std::uint32_t uid, char (&out)[kHomeMax]) {
    HomeSearch search(uid, out);
    scan(context, search);
    search.finish();
}

}  // namespace crux::init
