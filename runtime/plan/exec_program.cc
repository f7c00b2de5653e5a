#include <asm/unistd.h>

#include <algorithm>
#include <ranges>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/describe.h"
#include "runtime/plan/draft.h"
#include "runtime/plan/filter_effect.h"

namespace crux::plan {

namespace {

struct Variable {
    std::string_view text;
    std::string_view name;
    std::size_t index;
};

/// The environment with one entry per name: the last one, at its own position.
Result<std::vector<std::string_view>> unique_environment(const PlanDraft& draft,
                                                         std::span<const std::string> extra) {
    std::vector<Variable> all;
    all.reserve(draft.process->env.size() + extra.size());
    for (const auto list : {std::span<const std::string>(draft.process->env), extra}) {
        for (const std::string& text : list) {
            const std::size_t equals = text.find('=');
            if (equals == std::string::npos || equals == 0)
                return std::unexpected(
                    Error(Error::Kind::spec,
                          equals == 0 ? "invalid environment variable: name cannot be empty"
                                      : "invalid environment variable: missing '='")
                        .at(draft.of_process(cat("/env/", all.size()))));
            all.push_back({text, std::string_view(text).substr(0, equals), all.size()});
        }
    }
    std::ranges::sort(all, [](const Variable& left, const Variable& right) {
        return left.name != right.name ? left.name < right.name : left.index < right.index;
    });
    // Equal names are adjacent now; keep the last one.
    std::size_t kept = 0;
    for (std::size_t at = 0; at < all.size(); ++at)
        if (at + 1 == all.size() || all[at + 1].name != all[at].name) all[kept++] = all[at];
    all.resize(kept);
    std::ranges::sort(
        all, [](const Variable& left, const Variable& right) { return left.index < right.index; });
    std::vector<std::string_view> out;
    out.reserve(all.size());
    for (const Variable& variable : all) out.push_back(variable.text);
    return out;
}

/// PATH of the process's own environment, or the default of execvp(3).
std::string_view search_path(const oci::Process& process) {
    constexpr std::string_view kName = "PATH=";
    for (const std::string& entry : std::ranges::reverse_view(process.env))
        if (entry.starts_with(kName)) return std::string_view(entry).substr(kName.size());
    return "/bin:/usr/bin";
}

}  // namespace

void plan_find_program(PlanDraft& draft) {
    if (draft.process == nullptr || draft.process->args.empty()) return;
    const std::string& name = draft.process->args.front();
    std::vector<std::string> candidates;
    // A file name that is too long exists nowhere, and would be copied for each entry of PATH.
    constexpr std::size_t kNameMax = 255;
    if (name.find('/') != std::string::npos || name.size() > kNameMax) {
        candidates.push_back(name);
    } else if (!name.empty()) {
        // An empty entry of PATH is the working directory.
        for (const std::string_view folder : split(search_path(*draft.process), ':'))
            candidates.push_back(cat(folder.empty() ? "." : folder, '/', name));
    }
    const List list = draft.out.texts(candidates);
    draft.add(Kind::find_program, draft.of_process("/args/0")).find_program = {list};
}

bool has_listener(const Filter& filter) {
    constexpr std::uint32_t kNewListener = 8;  // SECCOMP_FILTER_FLAG_NEW_LISTENER
    return (filter.flags & kNewListener) != 0;
}

namespace {

/// The calls that init makes behind the filter, in order. With a listener the filter is loaded
/// before the parent is asked to hand it over.
std::vector<std::uint32_t> calls_behind(const Filter& filter, FilterEnd end) {
    std::vector<std::uint32_t> calls;
    if (has_listener(filter)) calls = {__NR_write, __NR_read};
    if (end.privilege == FilterPrivilege::keep) calls.push_back(__NR_capset);
    if (has_listener(filter)) calls.push_back(__NR_close);
    if (has_listener(filter) && end.has_barrier)
        calls.insert(calls.end(), {__NR_rt_sigprocmask, __NR_signalfd4, __NR_ppoll});
    calls.push_back(__NR_execve);
    return calls;
}

}  // namespace

Status check_filter(const PlanDraft& draft, const Filter& filter, FilterEnd end) {
    if (draft.process == nullptr || filter.program.empty()) return {};
    for (const std::uint32_t call : calls_behind(filter, end))
        if (always_kills(filter.program, call))
            return std::unexpected(
                Error(Error::Kind::spec, cat("the seccomp profile kills the process at ",
                                             call_name(call), ", before its program is executed"))
                    .as(Reason::seccomp)
                    .at("/linux/seccomp"));
    return {};
}

void plan_seccomp(PlanDraft& draft, const Filter& filter) {
    if (draft.process == nullptr || filter.program.empty()) return;
    const List program = draft.out.list(filter.program);
    const Text action = draft.out.text(
        draft.config.linux.seccomp
            ? oci::name_of(oci::kSeccompActions, draft.config.linux.seccomp->default_action)
            : std::string_view());
    draft.add(Kind::seccomp, "/linux/seccomp").seccomp = {
        .program = program,
        .flags = filter.flags,
        .default_action = action,
        .effects = filter_effects(filter.program),
        .exec_words = draft.out.text(denied_exec_words(filter.program)),
    };
    if (has_listener(filter))
        draft.add(Kind::ask_parent, "/linux/seccomp/listenerPath").ask_parent.request =
            Request::seccomp_listener;
}

void plan_ready(PlanDraft& draft) {
    draft.add(Kind::ready, {});
}

void plan_barrier(PlanDraft& draft) {
    draft.add(Kind::barrier, {}).barrier = {kFifoSlot};
}

Result<List> plan_prepare(PlanDraft& draft, const Inherited& inherited) {
    if (draft.process == nullptr) return List{};
    std::vector<std::string> extra;
    if (inherited.listen_fds > 0)
        extra = {cat("LISTEN_FDS=", inherited.listen_fds), "LISTEN_PID=1"};
    std::vector<std::string_view> environment = TRY(unique_environment(draft, extra));
    const auto home = std::ranges::find_if(
        environment, [](std::string_view text) { return text.starts_with("HOME="); });
    // HOME is in the container's /etc/passwd, which only init can read. An empty HOME counts as
    // missing.
    const bool needs_home = home == environment.end() || *home == "HOME=";
    if (needs_home && home != environment.end()) environment.erase(home);

    const List arguments = draft.out.texts(draft.process->args);
    const List variables = draft.out.texts(environment);
    constexpr std::uint32_t kStdio = 3;
    draft.add(Kind::prepare, draft.of_process("/env")).prepare = {
        .arguments = arguments,
        .environment = variables,
        .keep_below = kStdio + inherited.listen_fds + inherited.preserve_fds,
        .needs_home = needs_home ? 1U : 0U,
        .uid = draft.process->user.uid,
    };
    return arguments;
}

void plan_exec(PlanDraft& draft, List arguments) {
    if (draft.process == nullptr) return;
    draft.add(Kind::exec, draft.of_process("/args")).exec = {arguments};
}

}  // namespace crux::plan
