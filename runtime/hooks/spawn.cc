#include "runtime/hooks/spawn.h"

#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/sys/signal.h"

namespace crux::hooks {

namespace {

constexpr int kKillTimeoutMs = 10'000;

/// The list of posix_spawn for the child before its exec.
class Actions {
 public:
    Actions() { ::posix_spawn_file_actions_init(&list_); }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;
    ~Actions() { ::posix_spawn_file_actions_destroy(&list_); }

    void put(sys::FdRef file, int number) {
        ::posix_spawn_file_actions_adddup2(&list_, file.get(), number);
    }
    void enter(sys::FdRef directory) {
        ::posix_spawn_file_actions_addfchdir_np(&list_, directory.get());
    }
    void close_from(int first) { ::posix_spawn_file_actions_addclosefrom_np(&list_, first); }
    [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &list_; }

 private:
    posix_spawn_file_actions_t list_;
};

/// The attributes of posix_spawn: a new session, no blocked signals, and the default action for
/// every signal.
class Attributes {
 public:
    Attributes() {
        ::posix_spawnattr_init(&attributes_);
        ::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        const sigset_t blocked = sys::signal_set({});
        // sigfillset(3) leaves out the signals that the C library uses.
        sigset_t defaults;
        std::memset(&defaults, 0xff, sizeof defaults);
        ::posix_spawnattr_setsigmask(&attributes_, &blocked);
        ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }

    [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
    posix_spawnattr_t attributes_;
};

/// The arguments in the form of execve(2); they refer to the given strings.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> list;
    list.reserve(texts.size() + 1);
    for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
}

}  // namespace

Running::~Running() {
    if (pid_ == 0) return;
    kill();
    (void)sys::reap(fd_, kKillTimeoutMs);
}

void Running::kill() const {
    (void)sys::kill(-pid_, SIGKILL);
}

Result<sys::ExitStatus> Running::reap() {
    auto status = TRY(sys::reap(fd_, kKillTimeoutMs).during("wait for a hook"));
    // The destructor would wait as long once more.
    pid_ = 0;
    if (!status) return fail(Error::Kind::protocol, "killed hook does not exit");
    return *status;
}

Result<Running, Errno> spawn(const oci::Hook& hook, const Streams& streams) {
    Actions actions;
    actions.enter(streams.directory);
    actions.put(streams.in, STDIN_FILENO);
    actions.put(streams.out, STDOUT_FILENO);
    actions.put(streams.err, STDERR_FILENO);
    actions.close_from(STDERR_FILENO + 1);
    const Attributes attributes;
    const std::vector<std::string> path_alone{hook.path};
    std::vector<char*> arguments = pointers(hook.args.empty() ? path_alone : hook.args);
    std::vector<char*> given;
    if (hook.env) given = pointers(*hook.env);
    char** environment = hook.env ? given.data() : ::environ;
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, hook.path.c_str(), actions.get(), attributes.get(),
                                    arguments.data(), environment);
    if (error != 0) return std::unexpected(Errno{"exec", error});
    // Our own child, not reaped yet: the pid is still valid.
    auto fd = sys::pidfd_open(pid);
    if (!fd) {
        (void)sys::kill(-pid, SIGKILL);
        // lint: allow wait: it was killed.
        ::waitpid(pid, nullptr, 0);
        return std::unexpected(fd.error());
    }
    return Running(pid, std::move(*fd));
}

}  // namespace crux::hooks
