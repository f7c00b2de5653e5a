#include "runtime/plan/words.h"

#include <array>

#include "oci-spec/types.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"

namespace crux::plan {

namespace {

void add_word(std::string& words, std::string_view word) {
    if (!words.empty()) words += ',';
    words += word;
}

struct AttributeWord {
    std::uint32_t bit;
    std::string_view set;
    std::string_view clear;
};
constexpr std::array kAttributeWords = {
    AttributeWord{oci::kMountAttrRdonly, "ro", "rw"},
    AttributeWord{oci::kMountAttrNosuid, "nosuid", "suid"},
    AttributeWord{oci::kMountAttrNodev, "nodev", "dev"},
    AttributeWord{oci::kMountAttrNoexec, "noexec", "exec"},
    AttributeWord{oci::kMountAttrNodiratime, "nodiratime", "diratime"},
    AttributeWord{oci::kMountAttrNosymfollow, "nosymfollow", "symfollow"},
};

void add_attributes(std::string& words, std::uint32_t set, std::uint32_t clear,
                    std::string_view prefix) {
    for (const AttributeWord& word : kAttributeWords) {
        if ((set & word.bit) != 0)
            add_word(words, cat(prefix, word.set));
        else if ((clear & word.bit) != 0)
            add_word(words, cat(prefix, word.clear));
    }
    // The access time is one of three modes; clearing the field alone chooses the default one.
    if ((set & oci::kMountAttrNoatime) != 0)
        add_word(words, cat(prefix, "noatime"));
    else if ((set & oci::kMountAttrStrictatime) != 0)
        add_word(words, cat(prefix, "strictatime"));
    else if ((clear & oci::kMountAttrAtimeMask) != 0)
        add_word(words, cat(prefix, "relatime"));
}

}  // namespace

std::string attribute_words(const Attributes& attributes) {
    std::string words;
    add_attributes(words, attributes.set, attributes.clear, "");
    add_attributes(words, attributes.recursive_set, attributes.recursive_clear, "r");
    return words;
}

std::string propagation_words(std::uint32_t in_order) {
    constexpr std::array<std::string_view, 5> kNames = {"", "shared", "slave", "private",
                                                        "unbindable"};
    std::string words;
    for (; in_order != 0; in_order >>= 8U) {
        const std::uint32_t wish = in_order & 0xffU;
        const std::string_view prefix = (wish & kPropagateRecursive) != 0 ? "r" : "";
        const std::uint32_t name = wish & 7U;
        if (name < kNames.size()) add_word(words, cat(prefix, kNames[name]));
    }
    return words;
}

std::string capability_words(std::uint64_t set) {
    if (set == 0) return "none";
    constexpr std::uint64_t kAll = (std::uint64_t{1} << oci::kCapabilities.size()) - 1;
    if ((set & kAll) == kAll) return "all";
    std::string words;
    for (std::size_t number = 0; number < 64; ++number) {
        if ((set >> number & 1U) == 0) continue;
        add_word(words, number < oci::kCapabilities.size() ? std::string(oci::kCapabilities[number])
                                                           : cat(number));
    }
    return words;
}

std::string_view namespace_name(Namespace type) {
    for (const oci::NamespaceWord& word : oci::kNamespaces)
        if (word.clone_flag == static_cast<std::uint64_t>(type)) return word.name;
    return "unknown";
}

namespace {

const SlotUse* use_of(const Plan& plan, SlotIndex slot) {
    for (const SlotUse& use : plan.host.slots)
        if (use.slot == slot) return &use;
    return nullptr;
}

std::string in_container(const Plan& plan, Text path) {
    return cat('/', plan.text(path));
}

std::string octal(std::uint32_t number) {
    std::string digits;
    do {
        digits.insert(digits.begin(), static_cast<char>('0' + number % 8));
        number /= 8;
    } while (number != 0);
    return '0' + digits;
}

/// The words in brackets with a blank in front, or nothing.
std::string bracketed(const std::string& words) {
    return words.empty() ? words : cat(" (", words, ')');
}

std::string parameter_words(const Plan& plan, List parameters) {
    std::string words;
    for (const Parameter& parameter : plan.list<Parameter>(parameters))
        add_word(words, parameter.has_value != 0
                            ? cat(plan.text(parameter.key), '=', plan.text(parameter.value))
                            : std::string(plan.text(parameter.key)));
    return words;
}

std::string joined(const std::string& first, const std::string& second) {
    if (first.empty() || second.empty()) return first + second;
    return cat(first, ',', second);
}

std::string describe_mount(const Plan& plan, const Mount& mount) {
    std::string words = joined(
        attribute_words(mount.attributes),
        joined(parameter_words(plan, mount.parameters), propagation_words(mount.propagation)));
    if ((mount.flags & kCopyUp) != 0) add_word(words, "tmpcopyup");
    const std::string_view source = plan.text(mount.source);
    const std::string_view type = plan.text(mount.type);
    // Most kernel file systems have no source worth a word.
    const std::string from = source.starts_with('/') ? cat(' ', source) : std::string();
    return cat("mount ", type, from, " on ", in_container(plan, mount.target), bracketed(words));
}

std::string describe_bind(const Plan& plan, const Bind& bind) {
    std::string words = (bind.flags & kRecursive) != 0 ? "rbind" : "bind";
    words = joined(words,
                   joined(attribute_words(bind.attributes), propagation_words(bind.propagation)));
    const SlotUse* use = use_of(plan, bind.from != kNoSlot ? bind.from : bind.idmap);
    if (use != nullptr && (!use->uid_map.empty() || !use->idmap_path.empty()))
        add_word(words, "idmap");
    if (bind.from != kNoSlot) add_word(words, "opened by the host");
    return cat("mount ", plan.text(bind.source), " on ", in_container(plan, bind.target),
               bracketed(words));
}

std::string describe_attributes(const Plan& plan, const ChangeAttributes& change) {
    const std::string words = joined(
        attribute_words(change.attributes),
        joined(parameter_words(plan, change.parameters), propagation_words(change.propagation)));
    const std::string target = in_container(plan, change.target);
    if (words == "ro") return cat("make ", target, " read-only");
    return cat("change ", target, bracketed(words));
}

std::string describe_node(const Plan& plan, const Node& node) {
    constexpr std::uint32_t kTypeMask = 0170000;
    constexpr std::uint32_t kFifo = 0010000;
    constexpr std::uint32_t kBlock = 0060000;
    const std::string path = in_container(plan, node.path);
    const std::uint32_t type = node.mode & kTypeMask;
    const std::string mode = cat("mode ", octal(node.mode & ~kTypeMask));
    const std::string owner =
        node.uid == 0 && node.gid == 0 ? "" : cat(", owner ", node.uid, ':', node.gid);
    if (type == kFifo) return cat("make the fifo ", path, " (", mode, owner, ')');
    const std::string number = cat(type == kBlock ? 'b' : 'c', ' ', node.major, ':', node.minor);
    if (node.bind_from_host != 0)
        return cat("mount the host's ", path, " on ", path, " (", number, ')');
    return cat("make the device ", path, " (", number, ", ", mode, owner, ')');
}

std::string describe_console(const Plan& plan, const Console& console) {
    const SlotUse* use = use_of(plan, console.socket);
    std::string words = "open a terminal";
    if (console.rows != 0 || console.columns != 0)
        words += cat(" of ", console.columns, " by ", console.rows);
    if (use != nullptr && use->what == SlotUse::What::console_socket)
        words += cat(", send it to ", use->path);
    else
        words += ", send it to the runtime";
    words += ", make it stdin, stdout and stderr";
    if (console.bind_console != 0) words += " and /dev/console";
    return words;
}

std::string describe_request(const Plan& plan, const AskParent& ask) {
    switch (ask.request) {
        case Request::host_hooks:
            return "let the host run the prestart and createRuntime hooks";
        case Request::resource_limits: {
            std::string words;
            for (const oci::Rlimit& limit : plan.host.rlimits)
                add_word(words, oci::name_of(oci::kRlimits, limit.type));
            return cat("let the host set the resource limits ", words);
        }
        case Request::seccomp_listener:
            return "let the host send the seccomp listener to its agent";
        case Request::network_devices:
            return "let the host move network devices in";
    }
    return "ask the host";
}

std::string describe_enter_root(const EnterRoot& enter) {
    switch (enter.how) {
        case EnterRootHow::pivot:
            return "make the root / and unmount the host's tree";
        case EnterRootHow::move:
            return "move the root over / and change into it";
        case EnterRootHow::chroot:
            return "change the root directory";
    }
    return "enter the root";
}

std::string limit_words(std::uint64_t value) {
    return value == ~std::uint64_t{0} ? "unlimited" : cat(value);
}

std::string describe_limit(const ResourceLimit& limit) {
    const auto type = static_cast<oci::RlimitType>(limit.resource);
    return cat("limit ", oci::name_of(oci::kRlimits, type), " to ", limit_words(limit.soft),
               ", at most ", limit_words(limit.hard));
}

/// A mask of numbers as the ranges of cpuset(7).
std::string mask_words(std::span<const std::uint64_t> words) {
    oci::Ranges ranges;
    for (std::uint32_t bit = 0; bit < 64 * words.size(); ++bit) {
        if ((words[bit / 64] >> (bit % 64) & 1U) == 0) continue;
        if (!ranges.empty() && ranges.back().last + 1 == bit)
            ranges.back().last = bit;
        else
            ranges.push_back({bit, bit});
    }
    return oci::ranges_text(ranges);
}

std::string describe_affinity(const Plan& plan, const Affinity& affinity) {
    const auto mask = plan.list<std::uint64_t>(affinity.mask);
    if (mask.empty()) return "allow every CPU that the cgroup allows";
    return cat("run on the CPUs ", mask_words(mask), " only");
}

std::string describe_scheduler(const Scheduler& wanted) {
    const auto policy = static_cast<oci::SchedulerPolicy>(wanted.policy);
    std::string words = cat("schedule by ", oci::name_of(oci::kSchedulerPolicies, policy));
    if (wanted.nice != 0) words += cat(", nice ", wanted.nice);
    if (wanted.priority != 0) words += cat(", priority ", wanted.priority);
    if (wanted.runtime != 0)
        words += cat(", ", wanted.runtime, " ns of each ", wanted.period, " ns by ",
                     wanted.deadline, " ns");
    for (const auto& flag : oci::kSchedulerFlags)
        if ((wanted.flags & flag.value) != 0) words += cat(", ", flag.name);
    return words;
}

std::string describe_io_priority(std::uint64_t number) {
    constexpr unsigned kClassShift = 13;
    const auto class_ = static_cast<oci::IoPriorityClass>(number >> kClassShift);
    return cat("give the process group I/O priority ", number & 7U, " of ",
               oci::name_of(oci::kIoPriorityClasses, class_));
}

std::string describe_memory_policy(const Plan& plan, const MemoryPolicy& policy) {
    constexpr std::uint32_t kFlags = 7U << 13U;
    const auto mode = static_cast<oci::MemoryPolicyMode>(policy.mode & ~kFlags);
    std::string words = cat("allocate memory by ", oci::name_of(oci::kMemoryPolicyModes, mode));
    for (const auto& flag : oci::kMemoryPolicyFlags)
        if ((policy.mode & flag.value) != 0) words += cat(" with ", flag.name);
    const auto nodes = plan.list<std::uint64_t>(policy.nodes);
    return nodes.empty() ? words : cat(words, " on the nodes ", mask_words(nodes));
}

std::string describe_user(const Plan& plan, const User& user) {
    std::string words = cat("become user ", user.uid, ", group ", user.gid);
    if (user.keep_groups != 0) return words + ", with the other groups as they are";
    std::string groups;
    for (const std::uint32_t group : plan.list<std::uint32_t>(user.groups))
        add_word(groups, cat(group));
    return cat(words, groups.empty() ? ", with no other groups" : ", with the groups ", groups);
}

std::string describe_sets(const CapabilitySets& sets) {
    std::string words = sets.permitted == 0
                            ? "give up all capabilities"
                            : cat("keep the capabilities ", capability_words(sets.permitted));
    if (sets.effective != sets.permitted)
        words += cat(", in effect ", capability_words(sets.effective));
    if (sets.inheritable != 0) words += cat(", inheritable ", capability_words(sets.inheritable));
    if (sets.ambient != 0) words += cat(", ambient ", capability_words(sets.ambient));
    return words;
}

std::string describe_seccomp(const Plan& plan, const Seccomp& seccomp) {
    return cat("filter system calls by a program of ",
               plan.list<std::uint64_t>(seccomp.program).size(), " instructions");
}

std::string describe_find(const Plan& plan, const FindProgram& find) {
    std::string words;
    for (const Text candidate : plan.list<Text>(find.candidates)) {
        if (!words.empty()) words += ", ";
        words += plan.text(candidate);
    }
    return cat("find the program: ", words.empty() ? "nothing to look for" : words);
}

std::string describe_exec(const Plan& plan, const Exec& exec) {
    std::string words;
    for (const Text argument : plan.list<Text>(exec.arguments)) {
        const std::string_view text = plan.text(argument);
        const bool plain = !text.empty() && text.find_first_of(" \t\n\r\"'\\") == text.npos;
        if (!words.empty()) words += ' ';
        words += plain ? std::string(text) : quoted(text);
    }
    std::string names;
    for (const Text variable : plan.list<Text>(exec.environment)) {
        const std::string_view text = plan.text(variable);
        add_word(names, text.substr(0, text.find('=')));
    }
    std::string out = cat("become ", words);
    if (!names.empty()) out += cat(", with the variables ", names);
    if (exec.needs_home != 0) out += cat(", with user ", exec.uid, "'s HOME from /etc/passwd");
    if (exec.keep_below > 3) out += cat(", with descriptors up to ", exec.keep_below - 1, " open");
    return out;
}

std::string describe_verify(const Verify& verify) {
    std::string words = "check that the capabilities";
    if (verify.no_new_privileges != 0) words += ", no_new_privs";
    if (verify.seccomp != 0) words += ", the filter";
    return words + " are what they should be";
}

/// "monotonic 100 5" as "monotonic 100 s 5 ns".
std::string offset_words(std::string_view line) {
    const auto parts = split(line, ' ');
    if (parts.size() != 3) return std::string(line);
    const std::string words = cat(parts[0], ' ', parts[1], " s");
    return parts[2] == "0" ? words : cat(words, ' ', parts[2], " ns");
}

std::string describe_time(const Plan& plan, const TimeOffsets& offsets) {
    std::string words;
    for (const std::string_view line : split(plan.text(offsets.text), '\n'))
        if (!line.empty()) add_word(words, offset_words(line));
    return cat("make a time namespace and enter it", bracketed(words));
}

std::string describe_cgroup(const Plan& plan, const EnterCgroup& enter) {
    const SlotUse* use = use_of(plan, enter.slot);
    if (use == nullptr || use->index >= plan.host.cgroup.size()) return "enter the cgroup";
    return cat("enter the cgroup ", plan.host.cgroup[use->index].directory());
}

std::string describe_join(const JoinContainer& join) {
    std::string words;
    for (const oci::NamespaceWord& word : oci::kNamespaces)
        if ((word.clone_flag & join.namespaces) != 0) add_word(words, word.name);
    return cat("join the container's namespaces ", words);
}

std::string describe_join(const Plan& plan, const JoinNamespace& join) {
    const SlotUse* use = use_of(plan, join.slot);
    return cat("join the ", namespace_name(join.type), " namespace ",
               use == nullptr ? "" : use->path);
}

/// "/hooks/createContainer/0" as "createContainer hook #0".
std::string hook_name(const Plan& plan, const Step& step) {
    const auto parts = split(plan.text(step.origin), '/');
    const std::string_view list = parts.size() > 2 ? parts[2] : std::string_view("container");
    return cat(list, " hook #", step.hook.index);
}

std::string describe_hook(const Plan& plan, const Step& step) {
    std::string words = cat("run the ", hook_name(plan, step), ", ", plan.text(step.hook.path));
    if (step.hook.timeout != 0) words += cat(", for ", step.hook.timeout, " s at most");
    return words;
}

std::string describe_propagation(const Propagation& propagation) {
    const bool recursive = (propagation.in_order & kPropagateRecursive) != 0;
    return cat("make ", recursive ? "every mount" : "the mount of /", " of the new namespace ",
               propagation_words(propagation.in_order));
}

std::string describe_root(const Plan& plan, const Root& root) {
    const std::string path = cat("open the root ", plan.text(root.path));
    return root.keep_mount != 0 ? path : cat(path, " and make it a mount of its own");
}

}  // namespace

std::string describe(const Plan& plan, const Step& step) {
    switch (step.kind) {
        case Kind::session:
            return "start a session of its own";
        case Kind::enter_cgroup:
            return describe_cgroup(plan, step.enter_cgroup);
        case Kind::join_namespace:
            return describe_join(plan, step.join_namespace);
        case Kind::join_container:
            return describe_join(step.join_container);
        case Kind::new_namespace:
            return cat("make a ", namespace_name(step.new_namespace.type), " namespace");
        case Kind::time_offsets:
            return describe_time(plan, step.time_offsets);
        case Kind::loopback_up:
            return "bring up the loopback device";
        case Kind::propagation:
            return describe_propagation(step.propagation);
        case Kind::root:
            return describe_root(plan, step.root);
        case Kind::mount:
            return describe_mount(plan, step.mount);
        case Kind::bind:
            return describe_bind(plan, step.bind);
        case Kind::attributes:
            return describe_attributes(plan, step.attributes);
        case Kind::node:
            return describe_node(plan, step.node);
        case Kind::link:
            return cat("link ", in_container(plan, step.link.path), " to ",
                       plan.text(step.link.target));
        case Kind::console:
            return describe_console(plan, step.console);
        case Kind::mask:
            return cat("mask ", in_container(plan, step.path.path));
        case Kind::read_only:
            return cat("make ", in_container(plan, step.path.path), " read-only");
        case Kind::ask_parent:
            return describe_request(plan, step.ask_parent);
        case Kind::hook:
            return describe_hook(plan, step);
        case Kind::enter_root:
            return describe_enter_root(step.enter_root);
        case Kind::sysctl:
            return cat("write ", plan.text(step.sysctl.value), " to /proc/sys/",
                       plan.text(step.sysctl.path));
        case Kind::host_name:
            return cat("set the host name ", plan.text(step.text));
        case Kind::domain_name:
            return cat("set the domain name ", plan.text(step.text));
        case Kind::keyring:
            return cat("join the new session keyring ", plan.text(step.text));
        case Kind::oom_score:
            return cat("set the OOM score to ", step.oom_score.value);
        case Kind::resource_limit:
            return describe_limit(step.resource_limit);
        case Kind::affinity:
            return describe_affinity(plan, step.affinity);
        case Kind::scheduler:
            return describe_scheduler(step.scheduler);
        case Kind::io_priority:
            return describe_io_priority(step.number.value);
        case Kind::personality:
            return cat("set the personality ", step.number.value == 0 ? "LINUX" : "LINUX32");
        case Kind::memory_policy:
            return describe_memory_policy(plan, step.memory_policy);
        case Kind::core_scheduling:
            return "take a core scheduling cookie of its own";
        case Kind::label:
            return cat("set the security attribute ", plan.text(step.label.attribute), " to ",
                       plan.text(step.label.value));
        case Kind::landlock:
            return cat("restrict the process with Landlock to ",
                       plan.list<LandlockRule>(step.landlock.rules).size(), " trees");
        case Kind::own_stdio:
            return cat("give stdin, stdout and stderr to user ", step.number.value);
        case Kind::bounding_set:
            return step.number.value == 0
                       ? std::string("drop all capabilities from the bounding set")
                       : cat("drop from the bounding set all but ",
                             capability_words(step.number.value));
        case Kind::no_new_privileges:
            return "set no_new_privs";
        case Kind::seccomp:
            return describe_seccomp(plan, step.seccomp);
        case Kind::user:
            return describe_user(plan, step.user);
        case Kind::capabilities:
            return describe_sets(step.capabilities);
        case Kind::umask:
            return cat("set the umask ", octal(static_cast<std::uint32_t>(step.number.value)));
        case Kind::working_directory:
            return cat("change to the directory ", plan.text(step.working_directory.path),
                       step.flags == kFirstTry ? " if root may" : "");
        case Kind::find_program:
            return describe_find(plan, step.find_program);
        case Kind::verify:
            return describe_verify(step.verify);
        case Kind::ready:
            return "tell the host that all holds, and wait until it is recorded";
        case Kind::barrier:
            return "wait for start";
        case Kind::exec:
            return describe_exec(plan, step.exec);
        case Kind::directory:
            return cat("make the directory ", in_container(plan, step.path.path), " if missing");
        case Kind::count_:
            break;
    }
    return "do something unknown";
}

}  // namespace crux::plan
