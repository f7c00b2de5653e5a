#include "tests/support/command.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace crux::test {

namespace {

[[noreturn]] void give_up(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
}

int memory_file(const char* name) {
    const int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0) give_up("memfd_create");
    return fd;
}

int input_of(const std::string& text) {
    if (text.empty()) return open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int fd = memory_file("input");
    if (write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) give_up("write");
    lseek(fd, 0, SEEK_SET);
    return fd;
}

// Reads by offset, because the file's position belongs to the process that still writes to it.
std::string contents(int fd) {
    std::string text;
    char block[8192];
    for (;;) {
        const ssize_t got = pread(fd, block, sizeof block, static_cast<off_t>(text.size()));
        if (got <= 0) return text;
        text.append(block, static_cast<std::size_t>(got));
    }
}

struct Exec {
    std::vector<char*> argv;
    std::vector<std::string> environment;
    std::vector<char*> envp;
};

Exec exec_of(const std::vector<std::string>& argv, const CommandOptions& options) {
    Exec exec;
    for (const auto& word : argv) exec.argv.push_back(const_cast<char*>(word.c_str()));
    exec.argv.push_back(nullptr);
    if (!options.clear_env)
        for (char** entry = environ; *entry != nullptr; ++entry) {
            const std::string text = *entry;
            if (!options.env.contains(text.substr(0, text.find('='))))
                exec.environment.push_back(text);
        }
    for (const auto& [key, value] : options.env) {
        std::string& entry = exec.environment.emplace_back(key);
        entry += '=';
        entry += value;
    }
    for (auto& entry : exec.environment) exec.envp.push_back(entry.data());
    exec.envp.push_back(nullptr);
    return exec;
}

// In the child. Moves the sources to other numbers first, so that no target overwrites a later
// source.
[[noreturn]] void become(Exec& exec, const std::string& cwd, std::vector<std::pair<int, int>> fds) {
    constexpr int kOutOfTheWay = 500;
    setpgid(0, 0);
    for (auto& [target, source] : fds) source = fcntl(source, F_DUPFD_CLOEXEC, kOutOfTheWay);
    syscall(SYS_close_range, 3U, static_cast<unsigned>(kOutOfTheWay) - 1, 0U);
    for (const auto& [target, source] : fds) dup2(source, target);
    if (!cwd.empty() && chdir(cwd.c_str()) != 0) _exit(126);
    execvpe(exec.argv[0], exec.argv.data(), exec.envp.data());
    dprintf(2, "%s: %s\n", exec.argv[0], std::strerror(errno));
    _exit(127);
}

}  // namespace

int slowdown() {
    static const int times = [] {
        const char* text = std::getenv("CRUX_TESTS_SLOWDOWN");
        return text == nullptr ? 1 : std::max(1, std::stoi(text));
    }();
    return times;
}

std::string Outcome::describe() const {
    std::string text = "exit code " + std::to_string(status);
    if (signal != 0) text += ", killed by signal " + std::to_string(signal);
    if (timed_out) text += ", timed out";
    return text + "\n--- stdout\n" + out + "\n--- stderr\n" + err;
}

Process::Process(const std::vector<std::string>& argv, const CommandOptions& options)
    : out_(memory_file("stdout")),
      err_(memory_file("stderr")),
      begin_(std::chrono::steady_clock::now()) {
    const int input = input_of(options.input);
    Exec exec = exec_of(argv, options);
    std::vector<std::pair<int, int>> fds = {{0, input}, {1, out_}, {2, err_}};
    fds.insert(fds.end(), options.fds.begin(), options.fds.end());
    pid_ = fork();
    if (pid_ < 0) give_up("fork");
    if (pid_ == 0) become(exec, options.cwd, fds);
    setpgid(pid_, pid_);
    close(input);
    pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    if (pidfd_ < 0) give_up("pidfd_open");
}

Process::~Process() {
    if (pid_ > 0) wait(0ms);
    close(pidfd_);
    close(out_);
    close(err_);
}

std::string Process::out() const {
    return contents(out_);
}
std::string Process::err() const {
    return contents(err_);
}

void Process::signal(int number) const {
    if (pid_ > 0) syscall(SYS_pidfd_send_signal, pidfd_, number, nullptr, 0);
}

bool Process::ended() const {
    pollfd ready = {pidfd_, POLLIN, 0};
    return poll(&ready, 1, 0) == 1;
}

Outcome Process::wait(std::chrono::milliseconds timeout) {
    Outcome outcome;
    if (pid_ <= 0) return outcome;
    pollfd ready = {pidfd_, POLLIN, 0};
    int got = 0;
    do {
        got = poll(&ready, 1, static_cast<int>((timeout * slowdown()).count()));
    } while (got < 0 && errno == EINTR);
    if (got != 1) {
        outcome.timed_out = true;
        kill(-pid_, SIGKILL);
        kill(pid_, SIGKILL);
    }
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    pid_ = -1;
    outcome.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begin_);
    if (WIFEXITED(status)) outcome.status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
    outcome.out = out();
    outcome.err = err();
    return outcome;
}

Outcome run(const std::vector<std::string>& argv, const CommandOptions& options) {
    Process process(argv, options);
    return process.wait(options.timeout);
}

std::string crux_program() {
    if (const char* named = std::getenv("CRUX"); named != nullptr && *named != '\0') return named;
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "crux";
}

bool sleep_before(std::chrono::steady_clock::time_point deadline) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(5ms);
    return true;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) give_up(path);
    // Not byte by byte with iterators: unoptimized, that took most of the tests' processor time.
    std::string text;
    std::array<char, 65536> part{};
    while (file.read(part.data(), part.size()), file.gcount() > 0)
        text.append(part.data(), static_cast<std::size_t>(file.gcount()));
    if (file.bad()) give_up(path);
    return text;
}

void write_file(const std::string& path, const std::string& text, mode_t mode) {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0) give_up(path);
    const ssize_t put = write(fd, text.data(), text.size());
    close(fd);
    if (put != static_cast<ssize_t>(text.size())) give_up(path);
    chmod(path.c_str(), mode);
}

}  // namespace crux::test
