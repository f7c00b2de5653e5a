#include "runtime/hooks/outcome.h"

#include <signal.h>
#include <sys/wait.h>

#include <array>

#include "runtime/base/text.h"

namespace crux::hooks {

namespace {

/// Go's words for the signals that end processes, which it prints after "signal: ".
std::string signal_words(int number) {
    struct Word {
        int number;
        const char* text;
    };
    constexpr std::array kWords{
        Word{SIGHUP, "hangup"},
        Word{SIGINT, "interrupt"},
        Word{SIGQUIT, "quit"},
        Word{SIGILL, "illegal instruction"},
        Word{SIGTRAP, "trace/breakpoint trap"},
        Word{SIGABRT, "aborted"},
        Word{SIGBUS, "bus error"},
        Word{SIGFPE, "floating point exception"},
        Word{SIGKILL, "killed"},
        Word{SIGUSR1, "user defined signal 1"},
        Word{SIGSEGV, "segmentation fault"},
        Word{SIGUSR2, "user defined signal 2"},
        Word{SIGPIPE, "broken pipe"},
        Word{SIGALRM, "alarm clock"},
        Word{SIGTERM, "terminated"},
        Word{SIGXCPU, "cpu time limit exceeded"},
        Word{SIGXFSZ, "file size limit exceeded"},
        Word{SIGSYS, "bad system call"},
    };
    for (const Word& word : kWords)
        if (word.number == number) return word.text;
    return cat("signal ", number);
}

std::string_view without_line_ends(std::string_view text) {
    const std::size_t last = text.find_last_not_of("\r\n");
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::string with_streams(std::string_view how, const Outcome& outcome) {
    return cat(how, ", stdout: ", without_line_ends(outcome.output),
               ", stderr: ", without_line_ends(outcome.complaint));
}

std::string describe(const oci::Hook& hook, const Outcome& outcome) {
    switch (outcome.end) {
        case Outcome::End::exited:
            return with_streams(cat("exit status ", outcome.value), outcome);
        case Outcome::End::signalled:
            return with_streams(cat("signal: ", signal_words(outcome.value)), outcome);
        case Outcome::End::timed_out:
            return cat("hook ran past specified timeout of ", hook.timeout.value_or(0), ".0s");
        case Outcome::End::not_started:
            break;
    }
    return cat("exec ", hook.path, ": ", errno_words(outcome.value));
}

}  // namespace

Outcome outcome_of(int wait_status, bool timed_out, std::string_view output,
                   std::string_view complaint) {
    Outcome outcome;
    outcome.output = output;
    outcome.complaint = complaint;
    if (timed_out) {
        outcome.end = Outcome::End::timed_out;
    } else if (WIFSIGNALED(wait_status)) {
        outcome.end = Outcome::End::signalled;
        outcome.value = WTERMSIG(wait_status);
    } else {
        outcome.value = WEXITSTATUS(wait_status);
    }
    return outcome;
}

Error failure(std::string_view name, std::size_t index, const oci::Hook& hook,
              const Outcome& outcome) {
    return Error(Error::Kind::os, describe(hook, outcome))
        .during(cat("error running ", name, " hook #", index))
        .at(cat("/hooks/", name, "/", index));
}

void Tail::add(std::string_view bytes) {
    bytes_ += bytes;
    if (bytes_.size() <= limit_) return;
    bytes_.erase(0, bytes_.size() - limit_);
    cut_ = true;
}

std::string Tail::text() const {
    return cut_ ? cat("[…]", bytes_) : bytes_;
}

}  // namespace crux::hooks
