#include "runtime/seccomp/cache.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/seccomp/cache_entry.h"
#include "runtime/seccomp/compile.h"
#include "runtime/seccomp/filter.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/time.h"

namespace crux::seccomp {
namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kEntryMode = 0600;
constexpr mode_t kOthers = 0077;
/// The prefix of files that are still being written; entries have hexadecimal names.
constexpr std::string_view kTemporary = "new-";
/// The age after which a temporary file belongs to a process that died.
constexpr std::uint64_t kTemporaryLifeNs = 60'000'000'000;
/// The precision of the time of the last use, in seconds: a hit takes one more system call only if
/// the stored time is older than this.
constexpr std::time_t kUseGrain = 3600;

std::string kernel_release() {
    utsname names{};
    ::uname(&names);
    return names.release;
}

/// Only this user may have written the content.
Status check_directory(sys::FdRef directory) {
    const struct ::stat facts = TRY(sys::fstat(directory));
    if (!S_ISDIR(facts.st_mode)) return fail(Error::Kind::state, "not a directory");
    if (facts.st_uid != ::geteuid())
        return fail(Error::Kind::state, cat("the directory is owned by user ", facts.st_uid));
    if ((facts.st_mode & kOthers) != 0)
        return fail(Error::Kind::state, "the directory is accessible to other users");
    return {};
}

/// The filter stored under the name, or nothing if no usable one exists.
std::optional<Filter> lookup(sys::FdRef directory, const std::string& name,
                             const Sha256::Digest& key) {
    const auto file = sys::open_beneath(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!file) return std::nullopt;
    const auto facts = sys::fstat(*file);
    if (!facts || !S_ISREG(facts->st_mode) || facts->st_uid != ::geteuid() ||
        (facts->st_mode & kOthers) != 0 || facts->st_size < 0 ||
        static_cast<std::size_t>(facts->st_size) > kMaxEntryBytes)
        return std::nullopt;
    std::string content(static_cast<std::size_t>(facts->st_size), '\0');
    const auto taken = sys::read(*file, content);
    if (!taken || *taken != content.size()) return std::nullopt;
    std::optional<Filter> filter = decode_entry(key, content);
    // lint: allow clock: the entry is used in any case, and a jump changes only which are kept.
    if (filter && sys::realtime().tv_sec - facts->st_mtim.tv_sec > kUseGrain)
        ::futimens(file->get(), nullptr);
    return filter;
}

/// Whether the process that wrote this temporary file has died. Its name has the moment: the time
/// in the file is that of a clock that jumps, and the file may be about to be renamed.
bool is_forgotten(std::string_view temporary, std::uint64_t now) {
    const auto made = to_number<std::uint64_t>(temporary.substr(temporary.rfind('-') + 1));
    // After a boot the clock begins again.
    return !made || *made > now || now - *made > kTemporaryLifeNs;
}

Status write_entry(sys::FdRef directory, const std::string& name, std::string_view content) {
    const std::string temporary = cat(kTemporary, ::getpid(), "-", sys::monotonic_ns());
    const sys::Fd file =
        TRY(sys::open_beneath(directory, temporary, O_WRONLY | O_CREAT | O_EXCL, kEntryMode));
    auto written = sys::write_all(file, content);
    if (written) written = sys::renameat2(directory, temporary, directory, name);
    if (!written) {
        static_cast<void>(sys::unlinkat(directory, temporary));
        return std::unexpected(written.error());
    }
    return {};
}

struct Stored {
    std::string name;
    struct ::timespec used{};
};

bool is_older(const Stored& a, const Stored& b) {
    return std::pair(a.used.tv_sec, a.used.tv_nsec) < std::pair(b.used.tv_sec, b.used.tv_nsec);
}

/// Removes incomplete files of other processes, and the entries with the oldest use until
/// kMaxCacheEntries are left.
Status prune(sys::FdRef directory) {
    // Reading a directory moves the offset of its descriptor, and this one belongs to the caller.
    const sys::Fd walk = TRY(sys::open_beneath(directory, ".", O_RDONLY | O_DIRECTORY));
    const std::uint64_t now = sys::monotonic_ns();
    std::vector<Stored> entries;
    std::vector<std::string> doomed;
    TRY(sys::for_each_entry(walk, [&](const sys::Entry& entry) {
        if (std::string_view(entry.name).starts_with(kTemporary)) {
            if (is_forgotten(entry.name, now)) doomed.emplace_back(entry.name);
            return;
        }
        const auto facts = sys::fstatat(directory, entry.name, AT_SYMLINK_NOFOLLOW);
        if (facts) entries.push_back({entry.name, facts->st_mtim});
    }));
    if (entries.size() > kMaxCacheEntries) {
        const auto kept = entries.end() - static_cast<std::ptrdiff_t>(kMaxCacheEntries);
        std::nth_element(entries.begin(), kept, entries.end(), is_older);
        for (auto entry = entries.begin(); entry != kept; ++entry) doomed.push_back(entry->name);
    }
    for (const std::string& name : doomed) {
        const auto removed = sys::unlinkat(directory, name);
        if (!removed && removed.error().value != ENOENT) return std::unexpected(removed.error());
    }
    return {};
}

Status store(sys::FdRef directory, const std::string& name, std::string_view content) {
    if (content.size() > kMaxEntryBytes)
        return fail(Error::Kind::state, "the profile contains too many unknown system calls");
    TRY(write_entry(directory, name, content));
    return prune(directory);
}

std::string warning(const Error& error) {
    return cat("seccomp cache: ", error.text());
}

}  // namespace

Result<sys::Fd> open_cache(sys::FdRef state_root) {
    constexpr int kFlags = O_RDONLY | O_DIRECTORY;
    auto directory = sys::open_beneath(state_root, kCacheDirectory, kFlags);
    if (!directory && directory.error().value == ENOENT) {
        const auto made = sys::mkdirat(state_root, kCacheDirectory, kDirectoryMode);
        if (!made && made.error().value != EEXIST)
            return std::unexpected(Error(made.error()).during(kCacheDirectory));
        directory = sys::open_beneath(state_root, kCacheDirectory, kFlags);
    }
    return std::move(directory).during(kCacheDirectory);
}

Result<BpfProgram> compile_cached(const oci::Seccomp& profile, sys::FdRef cache_directory) {
    const Status usable = check_directory(cache_directory);
    if (!usable) {
        BpfProgram program = TRY(compile(profile));
        program.cache_warning = warning(usable.error());
        return program;
    }
    const Sha256::Digest key = cache_key(profile, kernel_release());
    const std::string name = hex(key);
    std::optional<Filter> found = lookup(cache_directory, name, key);
    if (found) return program_of(profile, *std::move(found));

    Filter filter = TRY(compile_filter(profile));
    const Status stored = store(cache_directory, name, encode_entry(key, filter));
    BpfProgram program = TRY(program_of(profile, std::move(filter)));
    if (!stored) program.cache_warning = warning(stored.error());
    return program;
}

}  // namespace crux::seccomp
