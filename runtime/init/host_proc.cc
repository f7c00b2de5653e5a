#include "runtime/init/host_proc.h"

#include "runtime/init/libc.h"
#include "runtime/init/mount_object.h"

namespace crux::init {

namespace {

constexpr std::size_t kListMax = std::size_t{4} << 20U;
constexpr std::size_t kPathMax = 4096;

/// The fields of a line of mountinfo (proc_pid_mountinfo(5)) that are used; NUL-terminated in
/// place.
struct Line {
    char* root = nullptr;   ///< of the mount, within its filesystem
    char* point = nullptr;  ///< the mount point
    char* type = nullptr;
};

bool equal(const char* left, const char* right) {
    return memcmp(left, right, strlen(right) + 1) == 0;
}

/// Reads the whole list first, since each unmount changes it.
Outcome read_list(char*& list) {
    list = static_cast<char*>(raw::pointer(TRY(map_memory(kListMax))));
    const Owned file(TRY(
        call(__NR_openat, kCurrentDirectory, "/proc/self/mountinfo", kReadOnly | kCloseOnExec)));
    std::size_t length = 0;
    for (;;) {
        const long got = TRY(call(__NR_read, file.get(), list + length, kListMax - 1 - length));
        if (got == 0) break;
        length += static_cast<std::size_t>(got);
    }
    return length < kListMax - 1 ? Outcome() : refuse(kNameTooLong, __NR_read);
}

/// Decodes the octal escapes (\ooo) of blanks and other characters.
void unescape(char* text) {
    char* out = text;
    for (; *text != 0; ++out) {
        if (text[0] == '\\' && text[1] != 0 && text[2] != 0 && text[3] != 0) {
            *out =
                static_cast<char>(((text[1] - '0') * 64) + ((text[2] - '0') * 8) + text[3] - '0');
            text += 4;
        } else {
            *out = *text++;
        }
    }
    *out = 0;
}

/// Cuts the next line off the list; false at its end.
bool next_line(char*& list, Line& line) {
    if (*list == 0) return false;
    constexpr int kRoot = 3;
    constexpr int kPoint = 4;
    line = {};
    bool type_comes = false;
    for (int field = 0;; ++field) {
        char* word = list;
        while (*list != ' ' && *list != '\n' && *list != 0) ++list;
        const bool last = *list != ' ';
        if (*list != 0) *list++ = 0;
        if (field == kRoot) line.root = word;
        if (field == kPoint) line.point = word;
        if (type_comes && line.type == nullptr) line.type = word;
        if (field > kPoint && equal(word, "-")) type_comes = true;
        if (last) break;
    }
    if (line.type == nullptr) return next_line(list, line);
    unescape(line.point);
    return true;
}

bool is_whole_proc_or_sys(const Line& line) {
    return equal(line.root, "/") && (equal(line.type, "proc") || equal(line.type, "sysfs"));
}

bool is_below(const char* path, const char* folder, std::size_t length) {
    return memcmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

Outcome hide(Context& context, const char* point) {
    const OpenHow how{kOpenPath | kDirectory | kCloseOnExec, 0,
                      kResolveNoSymlinks | kResolveNoMagicLinks};
    const Outcome opened = call(__NR_openat2, kCurrentDirectory, point, &how, sizeof how);
    // It was unmounted with the mount above it, or another mount hides it.
    if (opened.error() == kNoEntry || opened.error() == kNotDirectory) return {};
    const Owned directory(TRY(opened));
    // An unmount in a shared tree would propagate to the host.
    if (!context.tree_is_slave)
        TRY(propagate(directory.get(), plan::kSlave | plan::kPropagateRecursive));
    TRY(call(__NR_fchdir, directory.get()));
    const Outcome unmounted = call(__NR_umount2, ".", kUnmountDetach);
    if (unmounted.error() != kInvalid && unmounted.error() != kNotPermitted) return unmounted;
    // In a user namespace the host's mounts are locked. One that was unmounted with another is no
    // mount point any more.
    const Owned cover(TRY(empty_directory(context)));
    const Outcome covered = attach(cover.get(), directory.get());
    return covered.error() == kInvalid ? Outcome() : covered;
}

}  // namespace

Outcome hide_host_proc(Context& context) {
    char* list = nullptr;
    const Outcome listed = read_list(list);
    // No procfs at /proc: there is none to hide there, and others cannot be found without it.
    if (listed.error() == kNoEntry) return {};
    TRY(listed);
    char root[kPathMax];
    Buffer<40> link;
    link.add("/proc/self/fd/").add_number(static_cast<unsigned long>(context.root.get()));
    const auto length = static_cast<std::size_t>(
        TRY(call(__NR_readlinkat, kCurrentDirectory, link.text(), root, sizeof root - 1)));
    root[length] = 0;
    Line line;
    while (next_line(list, line))
        if (is_whole_proc_or_sys(line) && !is_below(line.point, root, length))
            TRY(hide(context, line.point));
    return {};
}

}  // namespace crux::init
