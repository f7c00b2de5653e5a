#include "runtime/init/paths.h"

#include "runtime/init/libc.h"
#include "runtime/init/made_mounts.h"

namespace crux::init {

namespace {

constexpr std::size_t kPathMax = 4096;
constexpr int kMaxLinks = 40;  // as the kernel's own limit (path_resolution(7))
constexpr int kMaxRaces = 128;

Outcome open_how(int directory, const char* path, int flags, std::uint64_t mode,
                 std::uint64_t resolve) {
    const OpenHow how{static_cast<std::uint64_t>(flags) | kCloseOnExec, mode, resolve};
    Outcome opened;
    // EAGAIN: a rename happened during the lookup, and the kernel could not be sure that ".."
    // stayed inside.
    for (int race = 0; race < kMaxRaces; ++race) {
        opened = call(__NR_openat2, directory, path, &how, sizeof how);
        if (opened.error() != kTryAgain) break;
    }
    return opened;
}

const char* or_dot(const char* path) {
    return *path != 0 ? path : ".";
}

/// What to create for a path, and how many symbolic links this code has followed itself.
struct Wanted {
    Target kind;
    int links;
};

/// Creates the target of `path`, whose buffer is modified.
Outcome make(Context& context, char* path, Wanted wanted);

Outcome follow_dangling(Context& context, const char* parent, const char* link, Wanted wanted) {
    if (wanted.links >= kMaxLinks) return refuse(kTooManyLinks, __NR_openat2);
    Buffer<kPathMax> target;
    if (*link != '/') target.add(parent).add("/");
    target.add(link);
    if (target.overflow()) return refuse(kNameTooLong, __NR_readlinkat);
    return make(context, target.data(), {wanted.kind, wanted.links + 1});
}

Outcome make_last(Context& context, int parent, const char* parent_path, const char* name,
                  Wanted wanted) {
    if (memcmp(name, "..", 3) == 0 || memcmp(name, ".", 2) == 0)
        return refuse(kNoEntry, __NR_openat2);
    const bool directory = wanted.kind == Target::directory;
    const Outcome made =
        directory ? call(__NR_mkdirat, parent, name, 0755)
                  : open_how(parent, name, kCreate | kExclusive | kNoFollow | kWriteOnly, 0644, 0);
    if (!made.failed() && !directory) (void)call(__NR_close, made.value());
    if (made.failed() && made.error() != kExists) return made;
    if (made.failed()) {
        char link[kPathMax];
        const Outcome length = call(__NR_readlinkat, parent, name, link, sizeof link - 1);
        if (!length.failed()) {
            link[length.value()] = 0;
            return follow_dangling(context, parent_path, link, wanted);
        }
    }
    return open_how(parent, name, kOpenPath | kNoFollow | (directory ? kDirectory : 0), 0,
                    kResolveBeneath | kResolveNoSymlinks | kResolveNoMagicLinks);
}

Outcome make(Context& context, char* path, Wanted wanted) {
    while (*path == '/') ++path;
    std::size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/') path[--end] = 0;
    const Outcome there = open_in_root(context, path, kOpenPath);
    if (there.error() != kNoEntry) return there;

    std::size_t slash = end;
    while (slash > 0 && path[slash - 1] != '/') --slash;
    const char* name = path + slash;
    if (slash == 0) return make_last(context, context.root.get(), "", name, wanted);
    path[slash - 1] = 0;
    const Owned parent(TRY(make(context, path, {Target::directory, wanted.links})));
    return make_last(context, parent.get(), path, name, wanted);
}

}  // namespace

Outcome open_by_name(Context& context, const char* path, int flags) {
    Owned own;
    if (!context.root.open())
        own = Owned(
            TRY(call(__NR_openat, kCurrentDirectory, "/", kOpenPath | kDirectory | kCloseOnExec)));
    const int root = own.open() ? own.get() : context.root.get();
    return open_how(root, or_dot(path), flags, 0, kResolveInRoot | kResolveNoMagicLinks);
}

Outcome open_below_mount(Context& context, const char* path, int flags) {
    const BelowMount below = nearest_mount(context, path);
    if (below.descriptor < 0) return refuse(kOtherDevice, __NR_openat2);
    if (*below.rest != 0)
        return open_how(below.descriptor, below.rest, flags, 0,
                        kResolveBeneath | kResolveNoMagicLinks);
    // Only an O_PATH descriptor of a file can be copied.
    if ((flags & kDirectory) != 0) return open_how(below.descriptor, ".", flags, 0, 0);
    if ((flags & kOpenPath) == 0) return refuse(kOtherDevice, __NR_openat2);
    return call(__NR_fcntl, below.descriptor, kDuplicate, 0);
}

Outcome open_in_root(Context& context, const char* path, int flags) {
    const Outcome below = open_below_mount(context, path, flags);
    return below.error() == kOtherDevice ? open_by_name(context, path, flags) : below;
}

Outcome open_exactly(Context& context, const char* path, int flags) {
    const BelowMount below = nearest_mount(context, path);
    const bool has_mount = below.descriptor >= 0;
    return open_how(has_mount ? below.descriptor : context.root.get(),
                    or_dot(has_mount ? below.rest : path), flags, 0,
                    kResolveBeneath | kResolveNoSymlinks | kResolveNoMagicLinks);
}

Outcome make_target(Context& context, const char* path, Target kind) {
    const Outcome there = open_in_root(context, path, kOpenPath);
    if (there.error() != kNoEntry) return there;
    Buffer<kPathMax> copy;
    copy.add(path);
    if (copy.overflow()) return refuse(kNameTooLong, __NR_openat2);
    return make(context, copy.data(), {kind, 0});
}

ParentAndName make_parent(Context& context, const char* path) {
    std::size_t slash = strlen(path);
    while (slash > 0 && path[slash - 1] != '/') --slash;
    Buffer<kPathMax> parent;
    parent.add(path, slash);
    if (parent.overflow()) return {refuse(kNameTooLong, __NR_openat2), path + slash};
    return {make_target(context, parent.text(), Target::directory), path + slash};
}

Outcome status_of(int descriptor, Statx& status) {
    constexpr unsigned kBasic = 0x7ff;  // STATX_BASIC_STATS
    return call(__NR_statx, descriptor, "", kEmptyPath, kBasic, &status);
}

}  // namespace crux::init
