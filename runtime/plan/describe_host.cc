#include "runtime/plan/describe_parts.h"

#include <array>

#include "oci-spec/types.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/describe.h"

namespace crux::plan {

std::string describe_console(const Plan& plan, const Console& console) {
    const SlotUse* use = use_of(plan, console.socket);
    std::string words = "open a pseudoterminal";
    if (console.rows != 0 || console.columns != 0)
        words += cat(" of ", console.columns, " columns and ", console.rows, " rows");
    if (use != nullptr && use->what == SlotUse::What::console_socket)
        words += cat(", send its master to ", use->path);
    else
        words += ", send its master to crux";
    words += ", use its slave as stdin, stdout and stderr";
    if (console.bind_console != 0) words += " and as /dev/console";
    return words;
}

std::string describe_request(const Plan& plan, const AskParent& ask) {
    switch (ask.request) {
        case Request::host_hooks:
            return "ask crux to run the prestart and createRuntime hooks";
        case Request::resource_limits: {
            std::string words;
            for (const oci::Rlimit& limit : plan.host.rlimits)
                add_word(words, oci::name_of(oci::kRlimits, limit.type));
            return cat("ask crux to set the resource limits ", words);
        }
        case Request::seccomp_listener:
            return "ask crux to send the seccomp listener to its agent";
        case Request::network_devices:
            return "ask crux to move the network devices into the container";
        case Request::resctrl_class:
            return "ask crux to move init to its resctrl class of service";
        case Request::map_ids:
            return cat("copy the mount on ", in_container(plan, ask.source),
                       " and ask crux to map the IDs of the copy");
        case Request::time_offsets:
            return "ask crux to write the offsets of the time namespace";
    }
    return "ask crux for something unknown";
}

namespace {

/// "monotonic 100 5" as "monotonic 100 s 5 ns".
std::string offset_words(std::string_view line) {
    const auto parts = split(line, ' ');
    if (parts.size() != 3) return std::string(line);
    const std::string words = cat(parts[0], ' ', parts[1], " s");
    return parts[2] == "0" ? words : cat(words, ' ', parts[2], " ns");
}

}  // namespace

std::string describe_time(const Plan& plan, const TimeOffsets& offsets) {
    if (offsets.is_made != 0) return "enter the time namespace";
    std::string words;
    for (const std::string_view line : split(plan.text(offsets.text), '\n'))
        if (!line.empty()) add_word(words, offset_words(line));
    return cat("create a time namespace and enter it", bracketed(words));
}

std::string describe_cgroup(const Plan& plan, const EnterCgroup& enter) {
    const SlotUse* use = use_of(plan, enter.slot);
    if (use == nullptr || use->index >= plan.host.cgroup.size()) return "enter the cgroup";
    return cat("enter the cgroup ", plan.host.cgroup[use->index].directory());
}

std::string describe_join(const Plan& plan, const JoinNamespace& join) {
    const SlotUse* use = use_of(plan, join.slot);
    return cat("join the ", namespace_name(join.type), " namespace ",
               use == nullptr ? "" : use->path);
}

std::string describe_join(const JoinContainer& join) {
    std::string words;
    for (const oci::NamespaceWord& word : oci::kNamespaces)
        if ((word.clone_flag & join.namespaces) != 0) add_word(words, word.name);
    return cat("join the container's namespaces: ", words);
}

std::string_view hook_list(const Plan& plan, const Step& step) {
    const auto parts = split(plan.text(step.origin), '/');
    return parts.size() > 2 ? parts[2] : std::string_view("container");
}

std::string describe_hook(const Plan& plan, const Step& step) {
    std::string words = cat("run the ", hook_list(plan, step), " hook #", step.hook.index, ", ",
                            plan.text(step.hook.path));
    if (step.hook.timeout != 0) words += cat(" (timeout ", step.hook.timeout, " s)");
    return words;
}

}  // namespace crux::plan
