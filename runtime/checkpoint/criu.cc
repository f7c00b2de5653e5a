#include "runtime/checkpoint/criu.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/privilege/privilege.h"
#include "runtime/sys/file.h"
#include "runtime/sys/poll.h"
#include "runtime/sys/process.h"
#include "runtime/sys/search.h"
#include "runtime/sys/signal.h"
#include "runtime/sys/socket.h"

namespace crux::checkpoint {

namespace {

constexpr int kSocketNumber = 3;
constexpr int kEndMs = 10'000;

Result<std::string> find_criu() {
    const char* path = std::getenv("PATH");
    auto program = sys::find_program(path == nullptr ? "" : path, "criu");
    if (program) return std::move(*program);
    return fail(Error::Kind::unsupported, "exec: \"criu\": executable file not found in $PATH");
}

/// The two lists of posix_spawn: the descriptors as CRIU expects them, and no signal blocked or
/// ignored.
class RpcSetting {
 public:
    RpcSetting() {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        const sigset_t blocked = sys::signal_set({});
        const sigset_t defaults = sys::signal_set({SIGPIPE, SIGCHLD});
        ::posix_spawnattr_setsigmask(&attributes_, &blocked);
        ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    }
    RpcSetting(const RpcSetting&) = delete;
    RpcSetting& operator=(const RpcSetting&) = delete;
    ~RpcSetting() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }

    /// Duplicated to high numbers first, so that no descriptor is overwritten before it is placed.
    Status put(sys::FdRef file, int number) {
        constexpr int kFarAbove = 512;
        copies_.push_back(TRY(sys::dup(file, kFarAbove)));
        ::posix_spawn_file_actions_adddup2(&actions_, copies_.back().get(), number);
        return {};
    }
    void close_from(int number) { ::posix_spawn_file_actions_addclosefrom_np(&actions_, number); }
    Result<pid_t, Errno> spawn(const std::string& program) const {
        std::array<char*, 4> words = {const_cast<char*>("criu"), const_cast<char*>("swrk"),
                                      const_cast<char*>("3"), nullptr};
        pid_t pid = 0;
        const int error =
            ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, words.data(), ::environ);
        if (error != 0) return std::unexpected(Errno{"exec", error});
        return pid;
    }

 private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
    std::vector<sys::Fd> copies_;
};

}  // namespace

Result<Criu> Criu::start(Streams streams, std::span<const sys::FdRef> extra,
                         std::span<const sys::FdRef> replaced) {
    const std::string program = TRY(find_criu());
    sys::SocketPair pair = TRY(sys::socketpair(SOCK_SEQPACKET).during("create socket for criu"));
    RpcSetting setting;
    if (streams == Streams::none) {
        const sys::Fd null =
            TRY(sys::openat(sys::FdRef::cwd(), "/dev/null", O_RDWR).during("/dev/null"));
        for (int number = 0; number <= STDERR_FILENO; ++number) TRY(setting.put(null, number));
    }
    int stream = 0;
    for (const sys::FdRef file : replaced) {
        if (file.get() >= 0) TRY(setting.put(file, stream));
        ++stream;
    }
    TRY(setting.put(pair.second, kSocketNumber));
    int number = kFirstExtra;
    for (const sys::FdRef file : extra) TRY(setting.put(file, number++));
    setting.close_from(number);
    const pid_t pid = TRY(setting.spawn(program).during(program));
    return Criu(pid, std::move(pair.first));
}

Criu::Criu(Criu&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      socket_(std::move(other.socket_)),
      complaint_(std::move(other.complaint_)) {}

Criu::~Criu() {
    if (pid_ == 0) return;
    // A `criu swrk` process exits when its socket is closed.
    socket_.reset();
    auto process = sys::pidfd_open(pid_);
    if (!process) return;
    auto ended = sys::reap(*process, kEndMs);
    if (ended && *ended) return;
    (void)sys::pidfd_send_signal(*process, SIGKILL);
    (void)sys::reap(*process, kEndMs);
}

Result<Response> Criu::receive(sys::Fd& descriptor) {
    constexpr std::size_t kMost = std::size_t{40} << 10U;
    std::vector<char> buffer(kMost);
    // How long a dump takes depends on the container's memory, and a lazy one waits for a client.
    const privilege::Lowered lowered(privilege::kForSignals);
    // lint: allow wait: criu answers or ends, which closes its end of the socket.
    const sys::ReceivedMessage message =
        TRY(sys::recvmsg(socket_, buffer, {&descriptor, 1}).during("read from criu"));
    if (message.bytes == 0) return fail(Error::Kind::protocol, "criu exited without a response");
    if (message.truncated) return fail(Error::Kind::protocol, "response of criu is too long");
    return parse_response({buffer.data(), message.bytes});
}

Result<Response> Criu::converse(const std::string& request, Listener* listener) {
    TRY(sys::sendmsg(socket_, request).during("write to criu"));
    Status heard;
    for (;;) {
        sys::Fd descriptor;
        auto response = receive(descriptor);
        if (!response && !heard) return std::unexpected(std::move(heard).error());
        Response got = TRY(std::move(response));
        if (got.type == Type::notify && got.success && listener != nullptr) {
            if (heard) heard = listener->hear(got, std::move(descriptor));
            TRY(sys::sendmsg(socket_, notify_answer(heard.has_value())).during("write to criu"));
            continue;
        }
        if (!heard) return std::unexpected(std::move(heard).error());
        if (got.success) return got;
        complaint_ = trimmed(got.message);
        return fail(Error::Kind::os,
                    cat("criu failed: type ", type_word(got.type), " errno ", got.error,
                        got.error > 0 ? cat(" (", errno_words(got.error), ')') : ""));
    }
}

Result<int> criu_version() {
    constexpr const char* kDoing = "CRIU version check failed";
    constexpr int kLeast = 30'000;
    Criu criu = TRY(Criu::start().during(kDoing));
    const Response response = TRY(criu.converse(version_request(), nullptr).during(kDoing));
    if (response.version >= kLeast) return response.version;
    return fail(Error::Kind::unsupported,
                cat("CRIU version ", response.version, " must be ", kLeast, " or higher"));
}

Status check_features(const Features& wanted) {
    Criu criu = TRY(Criu::start());
    const Response response =
        TRY(criu.converse(feature_request(wanted), nullptr).during("CRIU feature check failed"));
    std::vector<std::string> missing;
    if (wanted.mem_track && !response.features.mem_track) missing.emplace_back("MemTrack");
    if (wanted.lazy_pages && !response.features.lazy_pages) missing.emplace_back("LazyPages");
    if (missing.empty()) return {};
    return fail(Error::Kind::unsupported,
                cat("criu is missing features: [", join(missing, " "), "]"));
}

std::string errors_of(std::string_view log) {
    constexpr std::size_t kMost = 5;
    std::vector<std::string> lines;
    for (const std::string_view line : split(log, '\n'))
        if (line.find("Error") != std::string_view::npos) lines.emplace_back(trimmed(line));
    if (lines.size() > kMost)
        lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kMost));
    return join(lines, "; ");
}

}  // namespace crux::checkpoint
