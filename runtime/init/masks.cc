#include "runtime/init/made_mounts.h"
#include "runtime/init/mount_object.h"
#include "runtime/init/paths.h"

namespace crux::init {

namespace {

/// The host's /dev/null, not the image's: the container must not choose the content of a masked
/// file.
Outcome open_null(Context& context) {
    if (context.null.open()) return {};
    Owned null(TRY(
        call(__NR_openat, kCurrentDirectory, "/dev/null", kOpenPath | kNoFollow | kCloseOnExec)));
    Statx status;
    TRY(status_of(null.get(), status));
    if ((status.mode & kTypeMask) != kTypeCharacter || status.rdev_major != 1 ||
        status.rdev_minor != 3)
        return refuse(kInvalid, __NR_statx);
    context.null = static_cast<Owned&&>(null);
    return {};
}

}  // namespace

Outcome mask(Context& context, const plan::Path& step) {
    const Outcome found = open_in_root(context, context.text(step.path), kOpenPath);
    if (found.error() == kNoEntry || found.error() == kNotDirectory) return {};
    const Owned target(TRY(found));
    Statx status;
    TRY(status_of(target.get(), status));
    if ((status.mode & kTypeMask) != kTypeDirectory) {
        TRY(open_null(context));
        Owned cover(TRY(clone_mount(context.null.get(), false)));
        TRY(attach(cover.get(), target.get()));
        return remember_mount(context, step.path, cover);
    }
    Owned cover(TRY(empty_directory(context)));
    TRY(attach(cover.get(), target.get()));
    TRY(remember_mount(context, step.path, cover));
    if (!context.empty.open()) context.empty = static_cast<Owned&&>(cover);
    return {};
}

Outcome make_read_only(Context& context, const plan::Path& step) {
    const Outcome found = open_in_root(context, context.text(step.path), kOpenPath);
    if (found.error() == kNoEntry || found.error() == kNotDirectory) return {};
    const Owned target(TRY(found));
    Owned copy(TRY(clone_mount(target.get(), true)));
    TRY(attach_with(copy.get(), target.get(), {kAttributeReadOnly, 0, 0, 0}, -1));
    return remember_mount(context, step.path, copy);
}

}  // namespace crux::init
