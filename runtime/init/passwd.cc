#include "runtime/init/passwd.h"

#include "runtime/init/paths.h"

namespace crux::init {

namespace {

/// Whether the image has no such file, as opposed to one that cannot be opened now.
bool is_missing(int error) {
    return error == kNoEntry || error == kNotDirectory || error == kTooManyLinks ||
           error == kNameTooLong || error == kNoDeviceOrAddress || error == kNoDevice;
}

Outcome scan(Context& context, HomeSearch& search) {
    // Non-blocking: a FIFO instead of the file must not stop init.
    const Outcome opened = open_in_root(context, "etc/passwd", kReadOnly | kNonBlock);
    if (is_missing(opened.error())) return {};
    const Owned file(TRY(opened));
    Statx status;
    TRY(status_of(file.get(), status));
    if ((status.mode & kTypeMask) != kTypeRegular) return {};
    constexpr int kMaxBlocks = 1024;
    char block[4096] = {};
    for (int i = 0; i < kMaxBlocks; ++i) {
        const long length = TRY(call(__NR_read, file.get(), block, sizeof block));
        if (length == 0) return {};
        if (search.take(block, static_cast<std::size_t>(length))) return {};
    }
    search.drop_line();
    return {};
}

}  // namespace

Outcome find_home(Context& context, std::uint32_t uid, char (&out)[kHomeMax]) {
    HomeSearch search(uid, out);
    const Outcome scanned = scan(context, search);
    if (scanned.failed()) search.drop_line();
    search.finish();
    return scanned;
}

}  // namespace crux::init
