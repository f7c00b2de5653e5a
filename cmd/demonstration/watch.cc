#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include "cmd/demonstration/demo.h"

namespace crux::demonstration {

namespace {

using Clock = std::chrono::steady_clock;

std::string read_text(const std::string& path) {
    char text[4096];
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return "";
    const ssize_t got = read(file, text, sizeof text);
    close(file);
    return {text, got > 0 ? static_cast<std::size_t>(got) : 0};
}

// The value of oom_kill in memory.events (v2) or memory.oom_control (v1).
std::string kills(const std::string& file) {
    const std::string text = "\n" + read_text(file);
    const std::size_t at = text.find("\noom_kill ");
    if (at == std::string::npos) return "0";
    const std::size_t begin = at + std::strlen("\noom_kill ");
    return text.substr(begin, text.find('\n', begin) - begin);
}

bool readable(int descriptor, Clock::time_point deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd event = {descriptor, POLLIN, 0};
    return left.count() > 0 && poll(&event, 1, static_cast<int>(left.count())) == 1;
}

// Flushed: the demonstration waits for this line before it continues the container.
void say(const char* line) {
    std::puts(line);
    std::fflush(stdout);
}

int fail(const char* call) {
    std::printf("watch %s: %s\n", call, std::strerror(errno));
    return 1;
}

// The kernel increments the eventfd that is registered for memory.oom_control.
int watch_v1(const std::string& cgroup, Clock::time_point deadline) {
    const std::string control = cgroup + "/memory.oom_control";
    const int event = eventfd(0, EFD_CLOEXEC);
    const int file = open(control.c_str(), O_RDONLY | O_CLOEXEC);
    const int registry = open((cgroup + "/cgroup.event_control").c_str(), O_WRONLY | O_CLOEXEC);
    if (event < 0 || file < 0 || registry < 0) return fail("open");
    const std::string words = std::to_string(event) + " " + std::to_string(file);
    if (write(registry, words.data(), words.size()) < 0) return fail("register");
    say("watching memory.oom_control by eventfd");
    if (!readable(event, deadline)) return fail("timeout");
    std::uint64_t count = 0;
    if (read(event, &count, sizeof count) < 0) return fail("read");
    // The notification comes before the kill: oom_kill in the same file is not incremented yet.
    std::printf("notified: out of memory (the eventfd counts %llu)\n",
                static_cast<unsigned long long>(count));
    return 0;
}

// The kernel marks memory.events as modified, which inotify reports.
int watch_v2(const std::string& cgroup, Clock::time_point deadline) {
    const std::string events = cgroup + "/memory.events";
    const int watcher = inotify_init1(IN_CLOEXEC);
    if (watcher < 0 || inotify_add_watch(watcher, events.c_str(), IN_MODIFY) < 0)
        return fail("inotify");
    say("watching memory.events by inotify");
    while (kills(events) == "0") {
        if (!readable(watcher, deadline)) return fail("timeout");
        char changes[4096];
        if (read(watcher, changes, sizeof changes) < 0) return fail("read");
    }
    std::printf("notified: out of memory (memory.events says oom_kill %s)\n",
                kills(events).c_str());
    return 0;
}

}  // namespace

int watch_memory(const char* cgroup, int seconds) {
    const auto deadline = Clock::now() + std::chrono::seconds(seconds);
    const std::string folder = cgroup;
    const bool v1 = access((folder + "/cgroup.event_control").c_str(), F_OK) == 0;
    return v1 ? watch_v1(folder, deadline) : watch_v2(folder, deadline);
}

}  // namespace crux::demonstration
