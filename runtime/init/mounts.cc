#include "runtime/init/copy_up.h"
#include "runtime/init/libc.h"
#include "runtime/init/made_mounts.h"
#include "runtime/init/mount_call.h"
#include "runtime/init/mount_object.h"
#include "runtime/init/paths.h"
#include "runtime/init/proc.h"

namespace crux::init {

namespace {

/// The filesystem's own error message, from the log of the context (fsopen(2)).
void note_log(Context& context, int file_system) {
    const Outcome length = call(__NR_read, file_system, context.detail, sizeof context.detail - 1);
    if (!length.failed()) context.detail_length = static_cast<std::uint32_t>(length.value());
}

Outcome configure(Context& context, int file_system, plan::List parameters) {
    const auto* parameter = context.items<plan::Parameter>(parameters);
    for (std::uint32_t i = 0; i < parameters.count; ++i) {
        const plan::Parameter& item = parameter[i];
        const Outcome done = item.has_value != 0
                                 ? call(__NR_fsconfig, file_system, kFsconfigString,
                                        context.text(item.key), context.text(item.value), 0)
                                 : call(__NR_fsconfig, file_system, kFsconfigFlag,
                                        context.text(item.key), nullptr, 0);
        if (done.failed()) {
            context.extra = static_cast<std::int32_t>(i) + 1;
            note_log(context, file_system);
            return done;
        }
    }
    return {};
}

/// The permissions of a directory in octal, in the format of tmpfs.
using Mode = char[5];

/// A tmpfs without a mode option gets the mode of the directory that it covers, as with runc; if
/// the directory does not exist yet, tmpfs's default.
Outcome mode_of(int target, Mode& mode) {
    Statx status;
    TRY(status_of(target, status));
    for (unsigned digit = 0; digit < 4; ++digit)
        mode[digit] = static_cast<char>('0' + ((status.mode >> (9 - 3 * digit)) & 7U));
    mode[4] = 0;
    return {};
}

/// A filesystem whose values are too long for fsconfig(2).
Outcome make_by_mount_call(Context& context, const plan::Mount& step, const Owned& target) {
    Owned mount(TRY(mount_detached(context, step)));
    if (target.open()) {
        Statx status;
        TRY(status_of(target.get(), status));
        TRY(call(__NR_fchmodat, mount.get(), ".", status.mode & 07777U));
    }
    return mount.release();
}

Outcome make_file_system(Context& context, const plan::Mount& step, const Owned& target) {
    if (step.call.count != 0) return make_by_mount_call(context, step, target);
    const Owned file_system(TRY(call(__NR_fsopen, context.text(step.type), kFsopenCloseOnExec)));
    if (step.source.length != 0)
        TRY(call(__NR_fsconfig, file_system.get(), kFsconfigString, "source",
                 context.text(step.source), 0));
    TRY(configure(context, file_system.get(), step.parameters));
    Mode mode = {};
    if (target.open()) TRY(mode_of(target.get(), mode));
    if (mode[0] != 0) TRY(call(__NR_fsconfig, file_system.get(), kFsconfigString, "mode", mode, 0));
    const Outcome made =
        call(__NR_fsconfig, file_system.get(), kFsconfigCreate, nullptr, nullptr, 0);
    if (made.failed()) {
        note_log(context, file_system.get());
        return made;
    }
    const std::uint32_t attributes = step.attributes.set | step.attributes.recursive_set;
    return call(__NR_fsmount, file_system.get(), kFsmountCloseOnExec, attributes);
}

int idmap_of(Context& context, plan::SlotIndex slot) {
    return slot == plan::kNoSlot ? -1 : context.slot(slot);
}

bool missing_is_fine(std::uint16_t flags, const Outcome& outcome) {
    return (flags & plan::kOptional) != 0 && outcome.error() == kNoEntry;
}

/// The ID of the mount that a descriptor is in; 0 if the kernel does not report it (before Linux
/// 5.8).
std::uint64_t mount_of(int descriptor) {
    Statx status;
    const Outcome known = call(__NR_statx, descriptor, "", kEmptyPath, kStatxMountId, &status);
    return known.failed() || (status.mask & kStatxMountId) == 0 ? 0 : status.mount_id;
}

/// The rules allow mounts on some paths below /proc, by name. A symbolic link of the image must not
/// lead into /proc (CVE-2019-16884).
Outcome check_target(Context& context, const char* path, int target) {
    constexpr char kProc[] = "proc";
    const bool by_name = memcmp(path, kProc, sizeof kProc - 1) == 0;
    if (by_name && (path[sizeof kProc - 1] == '/' || path[sizeof kProc - 1] == 0)) return {};
    if (TRY(is_proc(target)) == 0) return {};
    const BelowMount proc = nearest_mount(context, kProc);
    if (proc.descriptor < 0 || *proc.rest != 0) return {};
    return mount_of(proc.descriptor) == mount_of(target) ? refuse(kNotPermitted, __NR_move_mount)
                                                         : Outcome();
}

/// The directory that a mount covers; it is created if it does not exist.
Outcome directory_for(Context& context, const plan::Mount& step) {
    const char* path = context.text(step.target);
    if ((step.flags & plan::kOnlyDirectory) == 0)
        return make_target(context, path, Target::directory);
    const Outcome found = open_exactly(context, path, kOpenPath | kDirectory);
    if (found.error() != kNoEntry) return found;
    // Meanwhile a symbolic link may have been put there.
    const Owned made(TRY(make_target(context, path, Target::directory)));
    return open_exactly(context, path, kOpenPath | kDirectory);
}

}  // namespace

Outcome mount_file_system(Context& context, const plan::Mount& step) {
    const char* path = context.text(step.target);
    Owned target;
    if ((step.flags & plan::kModeOfTarget) != 0) {
        const Outcome there = open_in_root(context, path, kOpenPath | kDirectory);
        if (there.error() != kNoEntry) target = Owned(TRY(there));
    }
    Owned mount(TRY(make_file_system(context, step, target)));
    if (step.idmap != plan::kNoSlot) TRY(set_attributes(mount.get(), {}, context.slot(step.idmap)));
    if (!target.open()) target = Owned(TRY(directory_for(context, step)));
    TRY(check_target(context, path, target.get()));
    if ((step.flags & plan::kCopyUp) != 0) TRY(copy_up(context, target.get(), mount.get()));
    TRY(attach(mount.get(), target.get()));
    TRY(propagate(mount.get(), step.propagation));
    return remember_mount(context, step.target, mount);
}

namespace {

/// The detached mount that will be attached.
Outcome open_source(Context& context, const plan::Bind& step) {
    if (step.from != plan::kNoSlot) return context.slot(step.from);
    if ((step.flags & plan::kSourceMapped) != 0) return context.mapped.release();
    const char* source = context.text(step.source);
    const bool recursive = (step.flags & plan::kRecursive) != 0;
    const bool no_follow = (step.flags & plan::kNoFollow) != 0;
    if ((step.flags & plan::kSourceInContainer) != 0) {
        const Owned inside(TRY(open_in_root(context, source, kOpenPath)));
        return clone_mount(inside.get(), recursive);
    }
    return call(__NR_open_tree, kCurrentDirectory, source,
                kOpenTreeClone | kOpenTreeCloseOnExec | (recursive ? kAtRecursive : 0) |
                    (no_follow ? kSymlinkNoFollow : 0));
}

/// For a directory over a file, and a file over a directory, move_mount(2) returns EINVAL. mount(2)
/// returns ENOTDIR, and callers match its text.
Outcome attach_alike(int mount, int target, bool directory, const plan::Attributes& attributes,
                     int idmap) {
    const Outcome done = attach_with(mount, target, attributes, idmap);
    if (done.error() != kInvalid || done.call() != __NR_move_mount) return done;
    Statx status;
    TRY(status_of(target, status));
    const bool onto_directory = (status.mode & kTypeMask) == kTypeDirectory;
    return onto_directory == directory ? done : refuse(kNotDirectory, __NR_move_mount);
}

/// The present attributes of a mount, from fstatfs(2).
Outcome attributes_now(int mount, std::uint32_t& attributes) {
    struct {
        long words[16];
    } status{};
    TRY(call(__NR_fstatfs, mount, &status));
    const auto flags = static_cast<std::uint64_t>(status.words[10]);  // f_flags
    std::uint64_t found = flags & kAttributesOfStatfs;
    if ((flags & kStatNoAccessTime) != 0)
        found |= kAttributeNoAtime;
    else if ((flags & kStatRelativeTime) == 0)
        found |= kAttributeStrictAtime;
    if ((flags & kStatNoDirectoryTime) != 0) found |= kAttributeNoDirAtime;
    if ((flags & kStatNoSymlinkFollow) != 0) found |= kAttributeNoSymlinkFollow;
    attributes = static_cast<std::uint32_t>(found);
    return {};
}

/// The attributes of the copy of the source, from its present ones. Locked attributes stay.
plan::Attributes wanted_attributes(const plan::Bind& step, std::uint32_t now) {
    const bool locked = (step.flags & plan::kKeepLocked) != 0;
    plan::Attributes wanted = step.attributes;
    // A bit that is not set may be unknown to this kernel.
    wanted.clear |= step.implied_clear & (now | kAttributeAtime) &
                    ~static_cast<std::uint32_t>(locked ? kAttributesOfStatfs : 0);
    return wanted;
}

/// Returns EPERM for a locked attribute, as the kernel does (mount_setattr(2)).
Outcome check_locked(int mount, std::uint32_t before) {
    constexpr std::uint32_t kModes = kAttributeAtime | kAttributeNoDirAtime;
    std::uint32_t after = 0;
    TRY(attributes_now(mount, after));
    const bool lost = (before & ~after & kAttributesOfStatfs) != 0;
    const bool other_mode = ((before ^ after) & kModes) != 0;
    return lost || other_mode ? refuse(kNotPermitted, __NR_mount_setattr) : Outcome();
}

Outcome attach_source(Context& context, const plan::Bind& step, int mount, int target,
                      bool directory) {
    const int idmap = idmap_of(context, step.idmap);
    const plan::Attributes& named = step.attributes;
    if ((named.set | named.clear | step.implied_clear) == 0)
        return attach_alike(mount, target, directory, named, idmap);
    std::uint32_t before = 0;
    TRY(attributes_now(mount, before));
    TRY(attach_alike(mount, target, directory, wanted_attributes(step, before), idmap));
    return (step.flags & plan::kKeepLocked) != 0 ? check_locked(mount, before) : Outcome();
}

/// For sysctls if no private procfs can be created: opened now, before mounts and read-only paths
/// cover it.
void keep_sysctls(Context& context, int proc) {
    context.proc_sys = Owned(open_in_proc(proc, "sys", kOpenPath | kDirectory).value());
}

}  // namespace

Outcome bind(Context& context, const plan::Bind& step) {
    const Outcome source = open_source(context, step);
    if (missing_is_fine(step.flags, source)) return {};
    Owned mount(TRY(source));
    if ((step.flags & plan::kOnlyProc) != 0) {
        // Programs in the container write labels and limits through it.
        TRY(check_proc(mount.get()));
        keep_sysctls(context, mount.get());
    }
    Statx status;
    TRY(status_of(mount.get(), status));
    const bool directory = (status.mode & kTypeMask) == kTypeDirectory;
    const Outcome found = make_target(context, context.text(step.target),
                                      directory ? Target::directory : Target::file);
    if (missing_is_fine(step.flags, found)) return {};
    const Owned target(TRY(found));
    TRY(check_target(context, context.text(step.target), target.get()));
    TRY(attach_source(context, step, mount.get(), target.get(), directory));
    TRY(propagate(mount.get(), step.propagation));
    return remember_mount(context, step.target, mount, status);
}

Outcome change_attributes(Context& context, const plan::ChangeAttributes& step) {
    Owned opened;
    int mount = context.root.get();
    if (step.target.length != 0) {
        opened = Owned(TRY(open_in_root(context, context.text(step.target), kOpenPath)));
        mount = opened.get();
    }
    if (step.parameters.count != 0) {
        const Owned file_system(
            TRY(call(__NR_fspick, mount, "", kFspickCloseOnExec | kFspickEmptyPath)));
        TRY(configure(context, file_system.get(), step.parameters));
        TRY(call(__NR_fsconfig, file_system.get(), kFsconfigReconfigure, nullptr, nullptr, 0));
    }
    TRY(set_attributes(mount, step.attributes, -1));
    return propagate(mount, step.propagation);
}

}  // namespace crux::init
