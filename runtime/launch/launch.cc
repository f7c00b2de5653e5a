#include "runtime/launch/launch.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>

#include "runtime/base/program_outcome.h"
#include "runtime/base/text.h"
#include "runtime/init/image.h"
#include "runtime/launch/id_maps.h"
#include "runtime/launch/sealed.h"
#include "runtime/launch/slots.h"
#include "runtime/plan/describe.h"
#include "runtime/privilege/privilege.h"
#include "runtime/sys/file.h"
#include "runtime/sys/memfd.h"
#include "runtime/sys/poll.h"
#include "runtime/sys/socket.h"

namespace crux::launch {

struct Launched::State {
    plan::Plan* plan = nullptr;
    cgroup::Group* group = nullptr;
    sys::SocketFd control;
    std::vector<sys::Fd> join_files;
    std::vector<Join> joins;
    std::optional<InheritedFds> inherited;
    StartFailure failure;  ///< of a process that shares our memory
    sys::Mapping shared;   ///< the same, of one that does not
    Start start;
    ClonedProcess process;
    std::optional<MessageReader> messages;
    std::uint64_t oom_kills_before = 0;
    bool joins_container = false;  ///< exec: this is not the container's first process
    bool runs_hooks = false;       ///< the plan has hooks that init runs
    bool released = false;
};

namespace {

/// A process in the joined namespaces could try to trace init.
Readable readable_image(const plan::Plan& plan) {
    return plan.host.joins.empty() ? Readable::by_all : Readable::by_owner;
}

/// A process in a namespace that we join must not trace the joining process, which shares our
/// memory until it executes init (CVE-2016-9962). An unprivileged process that writes ID mappings
/// must stay dumpable, so that it owns the files in /proc.
Status hide_from_namespaces(const plan::HostPart& host) {
    if (host.joins.empty()) return {};
    if (!host.uid_map.empty() && ::geteuid() != 0) return {};
    TRY(sys::prctl(PR_SET_DUMPABLE, 0).during("become undumpable"));
    return {};
}

constexpr const char* kMemoryLimit = "/linux/resources/memory/limit";

std::string words_of(const sys::ExitStatus& end) {
    if (!end.signalled) return cat("exited with status ", end.value);
    return cat("was killed by signal ", end.value, " (", signal_words(end.value), ')');
}

/// The kernel does not tell the call. The plan has been refused if it is known.
Error killed_by_filter(const plan::Plan& plan, std::string_view end) {
    const auto steps = plan.steps();
    const auto ready = std::ranges::find(steps, plan::Kind::ready, &plan::Step::kind);
    // Without a listener the profile's filter is loaded after the last message of init.
    const auto filter =
        std::ranges::find(steps.begin(), ready, plan::Kind::seccomp, &plan::Step::kind);
    if (filter == ready)
        return Error(
                   Error::Kind::protocol,
                   cat(end, ": a seccomp filter that applies to crux itself denies a system call"))
            .as(Reason::seccomp);
    return Error(Error::Kind::protocol, cat("the seccomp profile denies a system call: ", end))
        .as(Reason::seccomp)
        .at(plan.text(filter->origin));
}

/// ": the limit is N", if there is one.
std::string memory_limit_words(const cgroup::Limits& limits) {
    for (const cgroup::Setting& setting : limits.settings)
        if (setting.origin == kMemoryLimit) return cat(": the limit is ", setting.value);
    return {};
}

}  // namespace

Launched::Launched(std::unique_ptr<State> state) : state_(std::move(state)) {}
Launched::Launched(Launched&&) noexcept = default;

Launched::~Launched() {
    if (!state_ || state_->released || state_->process.pid == 0) return;
    constexpr int kBound = 10'000;
    constexpr int kLookMs = 100;
    (void)sys::pidfd_send_signal(state_->process.pidfd, SIGKILL);
    for (int waited = 0; waited < kBound; waited += kLookMs) {
        auto ended = sys::reap(state_->process.pidfd, kLookMs);
        if (!ended || *ended) return;
        // In a frozen cgroup (v1) it ends when that is thawed, before it runs anything else.
        auto freezer = state_->group == nullptr
                           ? Result<cgroup::FreezerState>(cgroup::FreezerState::none)
                           : state_->group->freezer_state();
        if (freezer && *freezer == cgroup::FreezerState::frozen) return;
    }
}

pid_t Launched::pid() const {
    return state_->process.pid;
}
sys::FdRef Launched::pidfd() const {
    return state_->process.pidfd;
}

Error Launched::exited_early() {
    constexpr int kBound = 10'000;
    auto ended = sys::reap(state_->process.pidfd, kBound);
    if (ended && *ended) state_->process.pid = 0;
    const StartFailure& failure = *state_->start.failure;
    if (failure.error != 0) return start_failure(state_->start).during("start init");
    const bool by_memory = was_short_of_memory();
    if (by_memory && !state_->joins_container)
        return Error(Error::Kind::os, cat("container init was OOM-killed (memory limit too low?)",
                                          memory_limit_words(state_->plan->host.limits)))
            .as(Reason::out_of_memory)
            .at(kMemoryLimit);
    if (!ended || !*ended) return {Error::Kind::protocol, "init closed its control socket"};
    if (!(*ended)->signalled && (*ended)->value > plan::kNoPlanStatus)
        return {Error::Kind::os, cat("init cannot map its plan: ",
                                     errno_words((*ended)->value - plan::kNoPlanStatus))};
    const bool by_filter = (*ended)->signalled && (*ended)->value == SIGSYS;
    const std::string end = cat(
        state_->joins_container ? "the process " : "container init ", words_of(**ended), " before ",
        state_->joins_container ? "its program was executed" : "the container was created");
    if (by_filter) return killed_by_filter(*state_->plan, end);
    if (by_memory)
        return Error(Error::Kind::protocol, cat(end, " (possibly OOM-killed)"))
            .as(Reason::out_of_memory);
    return {Error::Kind::protocol, end};
}

bool Launched::was_short_of_memory() const {
    if (state_->group == nullptr) return false;
    auto kills = state_->group->oom_kills();
    return kills && *kills > state_->oom_kills_before;
}

Error Launched::of_init(Error error) const {
    if (state_->joins_container) return error;
    return std::move(error).during("error during container init");
}

Status Launched::wait_for_message() {
    // The time that hooks take is not limited (config.md, Hooks). Everything else that init does
    // between two messages ends soon, unless a filesystem does not respond.
    constexpr int kLookMs = 1000;
    constexpr int kMostLooks = 300;
    std::optional<privilege::Lowered> lowered;
    for (int looks = 0; looks < kMostLooks || state_->runs_hooks; ++looks) {
        if (looks == 1) lowered.emplace(privilege::kForSignals);
        if (TRY(sys::poll_one(state_->control, POLLIN, kLookMs).during("wait for init")) != 0)
            return {};
        if (state_->group == nullptr) continue;
        auto freezer = state_->group->freezer_state();
        if (freezer && *freezer == cgroup::FreezerState::frozen)
            return fail(Error::Kind::state, "the container's cgroup is frozen");
    }
    return fail(Error::Kind::state, "init did not respond within 300 seconds");
}

#ifdef CRUX_FAULTS
namespace {

/// Whether init wants its parent dead. No message of a released init.
bool says_fault(std::span<const char> packet) {
    plan::Say say = plan::Say::failed;
    std::memcpy(&say, packet.data(), sizeof say);
    return say == plan::Say::fault;
}

}  // namespace
#endif

namespace {

/// Whether the error of the control socket says that init has closed its end.
bool is_end(const Errno& error) {
    return error.value == EPIPE || error.value == ECONNRESET;
}

}  // namespace

Result<InitMessage> Launched::next() {
    TRY(wait_for_message());
    std::array<char, sizeof(plan::InitReport) + 1> packet = {};
    // lint: allow wait: wait_for_message has seen one.
    auto length = sys::read(state_->control, packet);
    if (!length && !is_end(length.error()))
        return std::unexpected(Error(length.error()).during("read from init"));
    if (!length || *length == 0) return std::unexpected(exited_early());
#ifdef CRUX_FAULTS
    if (says_fault(packet)) (void)::raise(SIGKILL);
#endif
    auto message = state_->messages->read({packet.data(), *length});
    if (!message && message.error().kind() != Error::Kind::protocol)
        return std::unexpected(of_init(std::move(message).error()));
    return message;
}

Status Launched::map_ids(const InitMessage& event) {
    const plan::SlotUse& use = state_->plan->host.mapped_sources[event.index];
    const sys::Fd tree = TRY(sys::pidfd_getfd(state_->process.pidfd, event.descriptor)
                                 .during(cat("get the copy of the mount ", use.path))
                                 .at(use.origin));
    return map_mount(tree, use);
}

Status Launched::write_time_offsets() {
    const std::string& offsets = state_->plan->host.time_offsets;
    return sys::write_file(cat("/proc/", pid(), "/timens_offsets"), offsets)
        .during("write the offsets of the time namespace")
        .at("/linux/timeOffsets");
}

Status Launched::resume() {
    const plan::Answer answer{0};
    const std::string_view bytes(reinterpret_cast<const char*>(&answer), sizeof answer);
    auto sent = sys::sendmsg(state_->control, bytes);
    if (!sent && !is_end(sent.error()))
        return std::unexpected(Error(sent.error()).during("answer init"));
    if (sent) return {};
    // What it may have reported before it ended says why.
    auto events = sys::poll_one(state_->control, POLLIN, 0);
    if (!events || (*events & POLLIN) == 0) return std::unexpected(exited_early());
    auto last = next();
    return std::unexpected(last ? exited_early() : std::move(last).error());
}

sys::Pidfd Launched::release() && {
    state_->released = true;
    return std::move(state_->process.pidfd);
}

namespace {

Status open_joins(const plan::HostPart& host, sys::FdRef first_process, std::vector<sys::Fd>& files,
                  std::vector<Join>& joins) {
    for (const plan::EarlyJoin& wanted : host.joins) {
        if (wanted.path.empty()) {
            joins.push_back({wanted.type, first_process.get(), false});
            continue;
        }
        sys::Fd file = TRY(open_namespace(wanted.path, wanted.type, wanted.origin));
        TRY(refuse_own(file, wanted.type, wanted.sysctl));
        joins.push_back({wanted.type, file.get(), false});
        files.push_back(std::move(file));
    }
    return {};
}

/// Joining a pid namespace affects only children, so crux joins it itself if no other namespace
/// must be joined first: then no helper is required.
Status enter_pid_namespace(std::vector<Join>& joins, const plan::HostPart& host) {
    if (joins.size() != 1 || joins[0].type != plan::Namespace::pid) return {};
    TRY(sys::setns(sys::FdRef(joins[0].descriptor), CLONE_NEWPID)
            .during(cat("join the pid namespace ",
                        host.joins[0].path.empty() ? "of the container" : host.joins[0].path))
            .at(host.joins[0].origin));
    joins.clear();
    return {};
}

}  // namespace

namespace {

/// Descriptors below this number are the program's; a container without a program has the standard
/// streams.
unsigned kept_below(const plan::Plan& plan) {
    constexpr unsigned kStreams = 3;
    for (const plan::Step& step : plan.steps())
        if (step.kind == plan::Kind::prepare) return step.prepare.keep_below;
    return kStreams;
}

/// Whether the memory limit is so small that the OOM killer could run before the process executes
/// init.
bool has_small_memory_limit(const plan::HostPart& host) {
    static constexpr std::int64_t kSmall = std::int64_t{64} << 20U;
    return std::ranges::any_of(host.limits.settings, [](const cgroup::Setting& setting) {
        if (setting.file != "memory.max" && setting.file != "memory.high") return false;
        return to_number<std::int64_t>(setting.value).value_or(kSmall) < kSmall;
    });
}

}  // namespace

#ifdef CRUX_FAULTS
namespace {

/// CRUX_FAULT=STEP:ACTION in the environment, for fault tests: the step before which the fault
/// happens, and the fault.
void plan_fault(plan::Header& header) {
    const char* text = std::getenv("CRUX_FAULT");
    if (text == nullptr) return;
    const std::vector<std::string_view> words = split(text, ':');
    if (words.size() != 2) return;
    header.fault_step = to_number<std::uint32_t>(words[0]).value_or(plan::kNoFault);
    const plan::Fault action = words[1] == "fail"   ? plan::Fault::fail
                               : words[1] == "die"  ? plan::Fault::die
                               : words[1] == "wait" ? plan::Fault::wait
                                                    : plan::Fault::kill_parent;
    header.fault_action = static_cast<std::uint32_t>(action);
}

}  // namespace
#endif

namespace {

/// The errors of clone3 that are only about the cgroup (cgroups(7), clone(2)): it has enabled
/// controllers for its children, is threaded, or was removed. EACCES is not one of them: a security
/// module may return it for a user namespace.
bool is_of_cgroup(int error) {
    return error == EBUSY || error == EOPNOTSUPP || error == ENODEV;
}

/// The unified cgroup to start in; -1 without one. If the container's own cgroup was removed, it is
/// the present one of the container's first process, and `present` owns the descriptor.
Result<int> cgroup_for(const HostHandles& handles, sys::Fd& present) {
    if (handles.group == nullptr) return -1;
    Result<sys::FdRef> own = handles.group->unified();
    if (own || own.error().code() != ENOENT || handles.first_pid == 0)
        return TRY(std::move(own)).get();
    present = TRY(handles.group->open_unified_of(handles.first_pid));
    return present.get();
}

Result<ClonedProcess> clone_somewhere(Start& start, const HostHandles& handles) {
    sys::Fd present;
    start.cgroup = TRY(cgroup_for(handles, present));
    for (;;) {
        auto process = clone_init(start);
        const int error = process ? 0 : process.error().code();
        if (error == EBUSY && handles.first_pid != 0 && !present) {
            present = TRY(handles.group->open_unified_of(handles.first_pid));
            start.cgroup = present.get();
        } else if ((error == EACCES || error == ENOENT) && start.cgroup >= 0 &&
                   !start.joins.empty() && !start.helper_enters) {
            // The cgroup is delegated to the container. A process that has joined its user
            // namespace has no permission on the cgroup that it comes from; and one that has joined
            // another cgroup namespace cannot leave it (cgroups(7), nsdelegate).
            start.helper_enters = true;
        } else {
            if (start.cgroup < 0 || !is_of_cgroup(error)) return process;
            return std::move(process).during("adding pid of the new process to cgroups");
        }
        *start.failure = {};
        for (Join& join : start.joins) join.done = false;
    }
}

/// Creates the control socket and returns our end; init inherits the other end.
Result<sys::SocketFd> give_control_end(plan::Plan& plan, InheritedFds& inherited) {
    sys::SocketPair control = TRY(sys::socketpair(SOCK_SEQPACKET).during("create a socket pair"));
    plan.header().slots[plan::kControlSlot] =
        TRY(inherited.give(sys::Fd(std::move(control.second).release())));
    return std::move(control.first);
}

void log_clone(const plan::HostPart& host, StepLog* log) {
    if (log == nullptr) return;
    for (const plan::EarlyJoin& join : host.joins)
        log_act(log, "join", plan::namespace_name(join.type));
    log_act(log, "clone", "init");
}

}  // namespace

Status Launched::clone_process(const HostHandles& handles, sys::FdRef image) {
    State& state = *state_;
    plan::Plan& plan = *state.plan;
    const plan::HostPart& host = plan.host;
    sys::Fd sealed_plan = TRY(sealed("crux-plan", plan.bytes(), MFD_NOEXEC_SEAL));
    Start& start = state.start;
    start.plan = TRY(state.inherited->give(std::move(sealed_plan)));
    start.shares_memory = !has_small_memory_limit(host);
    start.failure = &state.failure;
    if (!start.shares_memory) {
        state.shared =
            TRY(sys::mmap(sizeof(StartFailure), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS)
                    .during("map a shared page"));
        start.failure = new (state.shared.data()) StartFailure;
    }
    start.keep_below = kept_below(plan);
    start.namespaces = host.new_namespaces;
    start.joins = state.joins;
    start.inherited = state.inherited->numbers();
    start.our_end = state.control.get();
    start.control = plan.header().slots[plan::kControlSlot];
    start.waits_for_maps = !host.uid_map.empty();
    start.becomes_root =
        start.waits_for_maps || std::ranges::any_of(host.joins, [](const plan::EarlyJoin& join) {
            return join.type == plan::Namespace::user;
        });
    start.image = image.get();
    for (std::size_t number = 0; number < handles.streams.size(); ++number)
        start.streams[number] = handles.streams[number].get();
    state.process = TRY(clone_somewhere(start, handles));
    state.inherited->close();
    log_clone(host, handles.step_log);
    return {};
}

Status Launched::finish_user_namespace(StepLog* log) {
    const plan::HostPart& host = state_->plan->host;
    if (host.oom_score_adj) {
        TRY(sys::write_file(cat("/proc/", pid(), "/oom_score_adj"), cat(*host.oom_score_adj))
                .during("set oom_score_adj")
                .at("/process/oomScoreAdj"));
        log_act(log, "oom_score", cat(*host.oom_score_adj));
    }
    if (host.uid_map.empty()) return {};
    TRY(write_id_maps(pid(), host.uid_map, host.gid_map));
    log_act(log, "id_map", "user IDs");
    if (!host.gid_map.empty()) log_act(log, "id_map", "group IDs");
    return resume();
}

Result<Launched> start(plan::Plan& plan, const HostHandles& handles) {
#ifdef CRUX_FAULTS
    plan_fault(plan.header());
#endif
    Launched launched(std::make_unique<Launched::State>());
    Launched::State& state = *launched.state_;
    state.plan = &plan;
    state.messages.emplace(plan);
    state.group = handles.group;
    state.joins_container = handles.first_process.get() >= 0;
    state.runs_hooks = std::ranges::any_of(
        plan.steps(), [](const plan::Step& step) { return step.kind == plan::Kind::hook; });
    if (state.joins_container && state.group != nullptr)
        state.oom_kills_before = state.group->oom_kills().value_or(0);
    TRY(open_joins(plan.host, handles.first_process, state.join_files, state.joins));
    TRY(hide_from_namespaces(plan.host));
    InheritedFds& inherited = state.inherited.emplace(kept_below(plan));
    state.control = TRY(give_control_end(plan, inherited));
    TRY(open_slots(plan, handles, inherited));
    const sys::Fd image = TRY(init_image(readable_image(plan)));
    // Only now: the helper processes that open slots must not be created in the container's pid
    // namespace.
    TRY(enter_pid_namespace(state.joins, plan.host));
    TRY(launched.clone_process(handles, image));
    TRY(launched.finish_user_namespace(handles.step_log));
    return launched;
}

}  // namespace crux::launch
