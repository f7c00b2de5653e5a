#include "tests/support/answered.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <future>
#include <system_error>
#include <thread>

#include "tests/support/checks.h"

namespace crux::test {

namespace {

/// Intercepts system calls of the calling thread and of processes that it starts. Returns the
/// listener, or -1 for an error.
int listen_to(int number, std::optional<std::uint32_t> first_argument) {
    constexpr auto kLoad = BPF_LD | BPF_W | BPF_ABS;
    constexpr auto kEqual = BPF_JMP | BPF_JEQ | BPF_K;
    constexpr auto kReturn = BPF_RET | BPF_K;
    ::sock_filter program[] = {
        BPF_STMT(kLoad, offsetof(::seccomp_data, nr)),
        BPF_JUMP(kEqual, static_cast<std::uint32_t>(number), 0, 3),
        BPF_STMT(kLoad, offsetof(::seccomp_data, args)),
        BPF_JUMP(kEqual, first_argument.value_or(0), 0,
                 static_cast<std::uint8_t>(first_argument ? 1 : 0)),
        BPF_STMT(kReturn, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(kReturn, SECCOMP_RET_ALLOW),
    };
    ::sock_fprog filter = {std::size(program), program};
    return static_cast<int>(
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter));
}

void answer(int listener, const std::function<bool(const Call&)>& chosen,
            std::vector<Call>& calls) {
    ::seccomp_notif asked = {};
    // The process may have been killed meanwhile.
    if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) return;
    const auto pid = static_cast<pid_t>(asked.pid);
    Call call{pid, {}, status_field(pid, "CapEff")};
    for (std::size_t i = 0; i < call.arguments.size(); ++i) call.arguments[i] = asked.data.args[i];
    ::seccomp_notif_resp response = {};
    response.id = asked.id;
    if (!chosen || chosen(call))
        calls.push_back(call);
    else
        response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    (void)::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

}  // namespace

std::vector<Call> answered(int number, std::optional<std::uint32_t> first_argument,
                           const std::function<void()>& function,
                           const std::function<bool(const Call&)>& chosen) {
    std::promise<int> opened;
    std::atomic<bool> done = false;
    std::jthread runner([&] {
        const int listener = listen_to(number, first_argument);
        opened.set_value(listener >= 0 ? listener : -errno);
        if (listener >= 0) function();
        done = true;
    });
    const int listener = opened.get_future().get();
    if (listener < 0) throw std::system_error(-listener, std::generic_category(), "seccomp");
    std::vector<Call> calls;
    constexpr int kLookAgainMs = 20;
    while (!done) {
        ::pollfd waiting = {listener, POLLIN, 0};
        if (::poll(&waiting, 1, kLookAgainMs) == 1 && (waiting.revents & POLLIN) != 0)
            answer(listener, chosen, calls);
    }
    runner.join();
    ::close(listener);
    return calls;
}

}  // namespace crux::test
