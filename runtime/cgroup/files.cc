#include "runtime/cgroup/files.h"

#include <cerrno>
#include <ctime>

#include "runtime/base/text.h"
#include "runtime/sys/time.h"

namespace crux::cgroup {

Result<std::string, Errno> read_value(sys::FdRef directory, sys::ZString name) {
    sys::Fd file = TRY(sys::openat(directory, name, O_RDONLY));
    char buffer[4096];
    std::size_t count = TRY(sys::read(file, buffer));
    return std::string(buffer, count);
}

Result<std::string, Errno> read_list(sys::FdRef directory, sys::ZString name) {
    // The kernel returns as many lines as fit. If there was room for another number, the list is
    // complete.
    constexpr std::size_t kLongestLine = 16;
    sys::Fd file = TRY(sys::openat(directory, name, O_RDONLY));
    std::string text;
    char buffer[4096];
    for (;;) {
        std::size_t count = TRY(sys::read(file, buffer));
        text.append(buffer, count);
        if (count == 0 || count + kLongestLine < sizeof(buffer)) return text;
    }
}

std::optional<std::uint64_t> value_of_key(std::string_view text, std::string_view key) {
    for (std::string_view line : split(text, '\n'))
        if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ')
            return to_number<std::uint64_t>(line.substr(key.size() + 1));
    return std::nullopt;
}

std::vector<pid_t> parse_pids(std::string_view text) {
    std::vector<pid_t> pids;
    for (std::string_view line : split(text, '\n')) {
        pid_t pid = to_number<pid_t>(line).value_or(0);
        if (pid > 0) pids.push_back(pid);
    }
    return pids;
}

std::optional<std::string_view> unified_path(std::string_view text) {
    constexpr std::string_view kUnified = "0::";
    for (std::string_view line : split(text, '\n'))
        if (line.starts_with(kUnified)) return line.substr(kUnified.size());
    return std::nullopt;
}

bool is_gone(const Errno& error) {
    // ENODEV: the cgroup was removed while the file was open or being opened.
    return error.value == ENOENT || error.value == ENODEV;
}

Deadline::Deadline(int timeout_ms)
    : end_ns_(sys::monotonic_ns() + (static_cast<std::uint64_t>(timeout_ms) * 1'000'000)) {}

bool Deadline::sleep() {
    if (sys::monotonic_ns() >= end_ns_) return false;
    constexpr int kLongest = 20'000;
    struct timespec pause = {.tv_sec = 0, .tv_nsec = sleep_us_ * 1000L};
    // lint: allow no-sleep: v1 gives no event when a cgroup becomes empty.
    ::nanosleep(&pause, nullptr);
    sleep_us_ = std::min(sleep_us_ * 2, kLongest);
    return true;
}

int Deadline::left_ms() const {
    std::uint64_t now = sys::monotonic_ns();
    return now >= end_ns_ ? 0 : static_cast<int>((end_ns_ - now) / 1'000'000) + 1;
}

}  // namespace crux::cgroup
