#include "runtime/init/made_mounts.h"

#include "runtime/init/libc.h"
#include "runtime/init/mount_list.h"
#include "runtime/init/paths.h"
#include "runtime/init/proc.h"

namespace crux::init {

struct MadeMount {
    const char* path;
    std::uint32_t length;
    std::uint32_t order;  ///< 1: the first one; 0: an empty place of the table
    std::uint64_t id;     ///< 0: not known
    int descriptor;       ///< -1: no later step needs it
};

namespace {

constexpr std::uint32_t kHashStart = 2166136261U;

/// FNV-1a, which is computed for all leading parts of a path in one pass.
constexpr std::uint32_t add_to_hash(std::uint32_t hash, char c) {
    return (hash ^ static_cast<unsigned char>(c)) * 16777619U;
}

std::uint32_t hash_of(const char* path, std::uint32_t length) {
    std::uint32_t hash = kHashStart;
    for (std::uint32_t i = 0; i < length; ++i) hash = add_to_hash(hash, path[i]);
    return hash;
}

bool makes_mount(plan::Kind kind) {
    return kind == plan::Kind::mount || kind == plan::Kind::bind || kind == plan::Kind::mask ||
           kind == plan::Kind::read_only;
}

/// A table with room for the mounts of all steps.
Outcome make_table(Context& context) {
    const auto* steps = reinterpret_cast<const plan::Step*>(
        reinterpret_cast<const char*>(context.plan) + context.plan->steps);
    std::uint32_t places = 2;
    std::uint32_t mounts = 0;
    for (std::uint32_t i = 0; i < context.plan->step_count; ++i)
        if (makes_mount(steps[i].kind)) ++mounts;
    while (places < 2 * mounts) places *= 2;
    context.made =
        static_cast<MadeMount*>(raw::pointer(TRY(map_memory(places * sizeof(MadeMount)))));
    context.made_places = places;
    return {};
}

/// The entry of a path, or the empty place for it.
MadeMount& place_of(const Context& context, const char* path, std::uint32_t length,
                    std::uint32_t hash) {
    const std::uint32_t mask = context.made_places - 1;
    std::uint32_t at = hash & mask;
    for (;; at = (at + 1) & mask) {
        MadeMount& entry = context.made[at];
        const bool same = entry.length == length && memcmp(entry.path, path, length) == 0;
        if (entry.order == 0 || same) return entry;
    }
}

/// Whether a mount was recorded later than `order` above a path.
bool is_covered(const Context& context, const char* path, std::uint32_t length,
                std::uint32_t order) {
    std::uint32_t hash = kHashStart;
    for (std::uint32_t i = 0; i < length; ++i) {
        if (path[i] == '/' && place_of(context, path, i, hash).order > order) return true;
        hash = add_to_hash(hash, path[i]);
    }
    return false;
}

std::uint64_t id_in(const Statx& status) {
    return (status.mask & kStatxMountId) != 0 ? status.mount_id : 0;
}

Outcome id_of(int descriptor, std::uint64_t& id) {
    Statx status;
    TRY(call(__NR_statx, descriptor, "", kEmptyPath | kDoNotSync, 0, &status));
    id = id_in(status);
    return {};
}

Outcome remember(Context& context, plan::Text path, Owned& mount, std::uint64_t id) {
    if (context.made == nullptr) TRY(make_table(context));
    const char* text = context.text(path);
    MadeMount& entry = place_of(context, text, path.length, hash_of(text, path.length));
    if (entry.order != 0 && entry.descriptor >= 0) (void)call(__NR_close, entry.descriptor);
    const bool kept = (context.step->flags & plan::kKept) != 0;
    entry = {text, path.length, ++context.made_count, id, kept ? mount.release() : -1};
    return {};
}

}  // namespace

Outcome remember_mount(Context& context, plan::Text path, Owned& mount) {
    std::uint64_t id = 0;
    TRY(id_of(mount.get(), id));
    return remember(context, path, mount, id);
}

Outcome remember_mount(Context& context, plan::Text path, Owned& mount, const Statx& status) {
    return remember(context, path, mount, id_in(status));
}

BelowMount nearest_mount(const Context& context, const char* path) {
    BelowMount nearest;
    if (context.made == nullptr) return nearest;
    while (*path == '/') ++path;
    std::uint32_t hash = kHashStart;
    std::uint32_t latest = 0;
    for (std::uint32_t i = 0;; ++i) {
        if (path[i] == '/' || path[i] == 0) {
            const MadeMount& entry = place_of(context, path, i, hash);
            if (entry.order > latest) {
                latest = entry.order;
                if (entry.descriptor >= 0) nearest = {entry.descriptor, path + i};
            }
        }
        if (path[i] == 0) break;
        hash = add_to_hash(hash, path[i]);
    }
    while (nearest.rest != nullptr && *nearest.rest == '/') ++nearest.rest;
    return nearest;
}

void forget_mounts(Context& context) {
    for (std::uint32_t i = 0; i < context.made_places; ++i) {
        MadeMount& entry = context.made[i];
        if (entry.order != 0 && entry.descriptor >= 0) (void)call(__NR_close, entry.descriptor);
        entry.descriptor = -1;
    }
}

namespace {

Outcome open_mount_list(const Context& context) {
    const Owned proc(TRY(own_proc(context)));
    return open_in_proc(proc.get(), "thread-self/mountinfo", kReadOnly);
}

/// The mounts on top of each other at one mount point.
struct Stack {
    std::uint64_t top;
    const char* point = nullptr;
};

/// Climbs from the mount to those on it that follow it in the list; false if there is none.
bool climb(char* list, Stack& stack) {
    const std::uint64_t start = stack.top;
    MountLine line;
    while (next_mount(list, line)) {
        if (line.id == start && stack.point == nullptr) stack.point = line.point;
        const bool on_top = line.parent == stack.top && stack.point != nullptr &&
                            memcmp(line.point, stack.point, strlen(stack.point) + 1) == 0;
        if (on_top) stack.top = line.id;
    }
    return stack.top != start;
}

/// Finds the mount that is visible where this one was made: a hook can have made others on it, and
/// a path that leads through a symbolic link can name the same mount point.
Outcome find_topmost(Context& context, Stack& stack) {
    constexpr int kMostPasses = 8;
    for (int pass = 0; pass < kMostPasses; ++pass) {
        const Owned file(TRY(open_mount_list(context)));
        char* list = nullptr;
        TRY(read_mount_list(file.get(), list));
        if (!climb(list, stack)) break;
    }
    return {};
}

/// The ID of the mount at a path, as the program will find it.
Outcome id_at(Context& context, const char* path, std::uint64_t& id) {
    const Owned found(TRY(open_by_name(context, path, kOpenPath)));
    return id_of(found.get(), id);
}

/// Whether the mount, or one that was made on it, stands at its path, or is to be covered there.
Outcome stands_at_path(Context& context, const MadeMount& mount) {
    Statx status;
    const Outcome direct = call(__NR_statx, context.root.get(), mount.path,
                                kSymlinkNoFollow | kDoNotSync | kNoAutomount, 0, &status);
    if (!direct.failed() && id_in(status) == mount.id) return true;
    std::uint64_t there = 0;
    const Outcome found = id_at(context, mount.path, there);
    if (!found.failed() && there == mount.id) return true;
    Stack stack{mount.id};
    TRY(find_topmost(context, stack));
    if (!found.failed() && there == stack.top) return true;
    // Its path leads through a symbolic link into a directory that a later mount covers.
    if (stack.point == nullptr) return false;
    const char* point = stack.point + 1;
    return is_covered(context, point, static_cast<std::uint32_t>(strlen(point)), mount.order);
}

Outcome refuse_replaced(Context& context, const MadeMount& mount) {
    const std::size_t most = sizeof context.detail;
    context.detail_length = static_cast<std::uint32_t>(mount.length < most ? mount.length : most);
    memcpy(context.detail, mount.path, context.detail_length);
    return refuse(kStale, __NR_statx);
}

Outcome compare_root(Context& context) {
    Statx held;
    Statx there;
    TRY(call(__NR_statx, context.root.get(), "", kEmptyPath, kStatxInode, &held));
    TRY(call(__NR_statx, kCurrentDirectory, "/", 0, kStatxInode, &there));
    const bool same = id_in(held) == id_in(there) && held.inode == there.inode;
    if (!same) return refuse(kStale, __NR_statx);
    if (context.step->flags != plan::kReadOnlyRoot) return {};
    struct {
        long words[16];
    } status{};
    TRY(call(__NR_fstatfs, context.root.get(), &status));
    const auto flags = static_cast<std::uint64_t>(status.words[10]);  // f_flags
    return (flags & kAttributeReadOnly) != 0 ? Outcome()
                                             : refuse(kReadOnlyFileSystem, __NR_fstatfs);
}

}  // namespace

/// Fails unless each recorded mount that is not hidden stands at its path, and the root is "/". A
/// mount that a hook has made on it is no difference. Checks nothing on a kernel that does not
/// report the IDs of mounts (before Linux 5.8).
Outcome compare_mounts(Context& context) {
    TRY(compare_root(context));
    const MadeMount* first = nullptr;
    for (std::uint32_t i = 0; i < context.made_places; ++i) {
        const MadeMount& mount = context.made[i];
        if (mount.order == 0 || mount.id == 0) continue;
        if (is_covered(context, mount.path, mount.length, mount.order)) continue;
        // Mounts below one that was replaced are missing too.
        if (first != nullptr && first->order < mount.order) continue;
        if (TRY(stands_at_path(context, mount)) == 0) first = &mount;
    }
    return first == nullptr ? Outcome() : refuse_replaced(context, *first);
}

}  // namespace crux::init
