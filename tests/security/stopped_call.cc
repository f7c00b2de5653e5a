#include "tests/security/stopped_call.h"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace crux::test {

namespace {

[[noreturn]] void become(const std::vector<std::string>& words) {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

}  // namespace

StoppedCall::StoppedCall(const std::vector<std::string>& words, long number) {
    pid_ = ::fork();
    if (pid_ == 0) become(words);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    for (;;) {
        ::ptrace(PTRACE_SYSCALL, pid_, nullptr, nullptr);
        if (::waitpid(pid_, &status, 0) != pid_ || !WIFSTOPPED(status))
            throw std::runtime_error(words[0] + ": ended before the call");
        if (WSTOPSIG(status) != (SIGTRAP | 0x80)) continue;
        struct ::__ptrace_syscall_info info = {};
        ::ptrace(PTRACE_GET_SYSCALL_INFO, pid_, sizeof info, &info);
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY && static_cast<long>(info.entry.nr) == number)
            return;
    }
}

StoppedCall::~StoppedCall() {
    if (pid_ > 0) (void)finish();
}

int StoppedCall::finish() {
    int status = 0;
    ::ptrace(PTRACE_DETACH, pid_, nullptr, nullptr);
    const bool ended = ::waitpid(pid_, &status, 0) == pid_ && WIFEXITED(status);
    pid_ = -1;
    return ended ? WEXITSTATUS(status) : -1;
}

}  // namespace crux::test
