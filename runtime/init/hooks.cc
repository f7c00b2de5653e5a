#include "runtime/init/error_detail.h"
#include "runtime/init/libc.h"
#include "runtime/init/paths.h"

namespace crux::init {

namespace {

constexpr std::size_t kStateMax = std::size_t{64} << 10U;

struct Pipe {
    Owned read;
    Owned write;
};

Outcome make_pipe(Pipe& pipe) {
    int ends[2] = {-1, -1};
    TRY(call(__NR_pipe2, ends, kCloseOnExec));
    pipe.read = Owned(ends[0]);
    pipe.write = Owned(ends[1]);
    return {};
}

/// The standard streams of a hook.
struct Streams {
    Pipe in;
    Pipe out;
    Pipe err;
};

Outcome make_streams(Streams& streams) {
    TRY(make_pipe(streams.in));
    TRY(make_pipe(streams.out));
    return make_pipe(streams.err);
}

/// The arguments of execve(2).
struct Program {
    const char** arguments = nullptr;
    const char** environment = nullptr;
};

Outcome read_program(Context& context, const plan::Hook& step, Program& program) {
    TRY(text_pointers(context, step.arguments, nullptr, program.arguments));
    if (step.inherit == 0)
        return text_pointers(context, step.environment, nullptr, program.environment);
    program.environment = context.environment;
    return {};
}

/// Gives the hook's process its own process group, its streams, and no other descriptor: it may be
/// a program of the container.
Outcome settle_hook(Context& context, const Streams& streams) {
    // The stream for errors first: what fails from then on is reported there.
    TRY(call(__NR_dup3, streams.err.write.get(), 2, 0));
    TRY(call(__NR_setpgid, 0, 0));
    (void)call(__NR_umask, context.umask);
    // Before the root is entered the hook's working directory is the root too: hooks of callers
    // name its files by relative paths, as with runc.
    if (!context.in_root) TRY(call(__NR_fchdir, context.root.get()));
    TRY(call(__NR_dup3, streams.in.read.get(), 0, 0));
    TRY(call(__NR_dup3, streams.out.write.get(), 1, 0));
    return call(__NR_close_range, 3, ~0U, 0);
}

/// The hook's process.
[[noreturn]] void become_hook(Context& context, const plan::Hook& step, const Streams& streams,
                              const Program& program) {
    Outcome failed = settle_hook(context, streams);
    if (!failed.failed() && step.confined != 0) failed = confine_hook(context);
    if (!failed.failed())
        failed = call(__NR_execve, context.text(step.path), program.arguments, program.environment);
    constexpr int kNotRun = 127;  // as a shell reports it
    exit_with_error_detail(context, context.text(step.path), failed, kNotRun);
}

struct Child {
    long pid = 0;
    Owned pidfd;
};

Outcome start_hook(Context& context, const plan::Hook& step, const Streams& streams, Child& child) {
    Program program;
    TRY(read_program(context, step, program));
    struct {
        std::uint64_t words[8];
    } clone{};
    int descriptor = -1;
    constexpr std::uint64_t kPidfd = 0x1000;
    constexpr std::uint64_t kChildSignal = 17;
    clone.words[0] = kPidfd;
    clone.words[1] = reinterpret_cast<std::uint64_t>(&descriptor);
    clone.words[4] = kChildSignal;
    child.pid = TRY(call(__NR_clone3, &clone, sizeof clone));
    if (child.pid == 0) become_hook(context, step, streams, program);
    child.pidfd = Owned(descriptor);
    return {};
}

/// The state document, with the pid in this pid namespace: the one that a hook in the container can
/// use.
std::size_t state_text(Context& context, const plan::Hook& step, char* out) {
    const auto pid = static_cast<unsigned long>(call(__NR_getpid).value());
    std::size_t length = 0;
    const auto put = [&](const char* bytes, std::size_t count) {
        if (length + count > kStateMax) return;
        memcpy(out + length, bytes, count);
        length += count;
    };
    Buffer<24> number;
    number.add_number(pid);
    put(context.text(step.state_before), step.state_before.length);
    put(number.text(), number.length());
    put(context.text(step.state_after), step.state_after.length);
    return length;
}

/// Keeps the last bytes of a stream.
class Tail {
 public:
    void add(const char* bytes, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) bytes_[length_++ % kSize] = bytes[i];
    }
    std::size_t copy(char* out) const {
        const std::size_t count = length_ < kSize ? length_ : kSize;
        for (std::size_t i = 0; i < count; ++i) out[i] = bytes_[(length_ - count + i) % kSize];
        return count;
    }

 private:
    static constexpr std::size_t kSize = 480;
    std::size_t length_ = 0;
    char bytes_[kSize];
};

std::int64_t now_ms() {
    std::int64_t time[2] = {};
    constexpr int kMonotonic = 1;
    (void)call(__NR_clock_gettime, kMonotonic, time);
    return (time[0] * 1000) + (time[1] / 1000000);
}

/// Reads the hook's status, as from wait4(2); 0 if the hook cannot be reaped within 10 seconds.
/// A killed hook may stay in a system call that cannot be interrupted, and one that another process
/// traces is reaped by its tracer first (ptrace(2)), of which a pidfd tells nothing.
Outcome reap(const Child& child, std::int32_t& status) {
    constexpr int kNoHang = 1;
    constexpr std::int64_t kBoundMs = 10'000;
    const std::int64_t pause[2] = {0, 10'000'000};
    const std::int64_t bound[2] = {kBoundMs / 1000, 0};
    const std::int64_t end = now_ms() + kBoundMs;
    PollEntry ended{child.pidfd.get(), kReadable, 0};
    (void)call(__NR_ppoll, &ended, 1, bound, nullptr, 0);
    for (;;) {
        const Outcome reaped = call(__NR_wait4, child.pid, &status, kNoHang, nullptr);
        if (reaped.error() != kInterrupted && TRY(reaped) != 0) return 1;
        if (now_ms() >= end) return 0;
        (void)call(__NR_ppoll, nullptr, 0, pause, nullptr, 0);
    }
}

/// Writes the hook's standard input and reads its output until it exits.
class Conversation {
 public:
    /// Takes ownership of our ends of the streams.
    Conversation(Streams& streams, int child, const char* state, std::size_t length)
        : in_(static_cast<Owned&&>(streams.in.write)),
          out_(static_cast<Owned&&>(streams.out.read)),
          err_(static_cast<Owned&&>(streams.err.read)),
          child_(child),
          state_(state),
          left_(length) {}

    /// 1: the hook has exited; 0: its time is over.
    Outcome run(std::uint32_t timeout_seconds) {
        // Without a timeout, wait for the hook as long as it takes (config.md, POSIX-platform
        // Hooks).
        const std::int64_t end = now_ms() + (std::int64_t{timeout_seconds} * 1000);
        for (;;) {
            const std::int64_t left =
                timeout_seconds == 0 ? std::int64_t{3600} * 1000 : end - now_ms();
            if (left <= 0) return 0;
            if (TRY(turn(left)) != 0) return 1;
        }
    }
    /// stdout and stderr in the format of the report: the length of stdout in two bytes, then both.
    void report(Context& context) const {
        const std::size_t first = said_.copy(context.detail + 2);
        const std::size_t second = complained_.copy(context.detail + 2 + first);
        context.detail[0] = static_cast<char>(first & 0xffU);
        context.detail[1] = static_cast<char>(first >> 8U);
        context.detail_length = static_cast<std::uint32_t>(2 + first + second);
    }

 private:
    /// 1: the hook has exited.
    Outcome turn(std::int64_t left) {
        if (left_ == 0) in_.reset();
        PollEntry poll[4] = {{in_.get(), kWritable, 0},
                             {out_.get(), kReadable, 0},
                             {err_.get(), kReadable, 0},
                             {child_, kReadable, 0}};
        const std::int64_t wait[2] = {left / 1000, left % 1000 * 1000000};
        const Outcome woken = call(__NR_ppoll, poll, 4, wait, nullptr, 0);
        if (woken.error() == kInterrupted) return 0;
        TRY(woken);
        if (poll[0].happened != 0) feed();
        if (poll[1].happened != 0) drain(out_, said_);
        if (poll[2].happened != 0) drain(err_, complained_);
        return poll[3].happened != 0 ? 1 : 0;
    }
    void feed() {
        const std::size_t part = left_ < 4096 ? left_ : 4096;
        const Outcome written = call(__NR_write, in_.get(), state_, part);
        if (written.failed()) {
            left_ = 0;  // the hook does not read the state
            return;
        }
        state_ += written.value();
        left_ -= static_cast<std::size_t>(written.value());
    }
    static void drain(Owned& stream, Tail& tail) {
        char bytes[1024];
        const Outcome length = call(__NR_read, stream.get(), bytes, sizeof bytes);
        if (length.failed() || length.value() == 0)
            stream.reset();
        else
            tail.add(bytes, static_cast<std::size_t>(length.value()));
    }

    Owned in_;
    Owned out_;
    Owned err_;
    int child_;
    const char* state_;
    std::size_t left_;
    Tail said_;
    Tail complained_;
};

constexpr int kKill = 9;

}  // namespace

Outcome run_hook(Context& context, const plan::Hook& step) {
    static char state[kStateMax];
    const std::size_t state_length = state_text(context, step, state);
    Streams streams;
    TRY(make_streams(streams));
    Child child;
    TRY(start_hook(context, step, streams, child));
    streams.in.read.reset();
    streams.out.write.reset();
    streams.err.write.reset();

    // A write to a hook that does not read must not kill init.
    constexpr int kPipeSignal = 13;
    TRY(set_disposition(kPipeSignal, Disposition::ignored));
    Conversation conversation(streams, child.pidfd.get(), state, state_length);
    const Outcome waited = conversation.run(step.timeout);
    const bool ended = !waited.failed() && waited.value() != 0;
    if (!ended) (void)call(__NR_kill, -child.pid, kKill);
    const Outcome reaped = reap(child, context.extra);
    TRY(set_disposition(kPipeSignal, Disposition::standard));
    if (waited.failed() || reaped.failed()) {
        context.extra = 0;
        return waited.failed() ? waited : reaped;
    }
    if (ended && reaped.value() == 0) return refuse(kTimedOut, __NR_ppoll);
    if (ended && context.extra == 0) return {};
    conversation.report(context);
    return ended ? refuse(kProtocol, __NR_wait4) : refuse(kTimedOut, __NR_wait4);
}

}  // namespace crux::init
