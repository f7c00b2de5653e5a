#include "runtime/plan/describe.h"

#include <array>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/capability/names.h"
#include "runtime/plan/describe_parts.h"

namespace crux::plan {

void add_word(std::string& words, std::string_view word) {
    if (!words.empty()) words += ',';
    words += word;
}

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
        digits.insert(digits.begin(), static_cast<char>('0' + (number % 8)));
        number /= 8;
    } while (number != 0);
    return '0' + digits;
}

std::string bracketed(const std::string& words) {
    return words.empty() ? words : cat(" (", words, ')');
}

namespace {

struct AttributeWord {
    std::uint32_t bit;
    std::string_view set;
    std::string_view clear;
};
constexpr auto kAttributeWords = std::array{
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
    // The access time is a field with three modes; clearing it selects the default mode, relatime.
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
    const auto known = static_cast<unsigned>(capability::all_names().size());
    const capability::Set all = capability::bit(known) - 1;
    return (set & all) == all ? "all" : join(capability::names_of(set), ",");
}

std::string_view namespace_name(Namespace type) {
    for (const oci::NamespaceWord& word : oci::kNamespaces)
        if (word.clone_flag == static_cast<std::uint64_t>(type)) return word.name;
    return "unknown";
}

std::string_view namespace_file(Namespace type) {
    for (const oci::NamespaceWord& word : oci::kNamespaces)
        if (word.clone_flag == static_cast<std::uint64_t>(type)) return word.proc_name;
    return "unknown";
}

// lint: allow function-length: one short case for each kind of step.
std::string describe(const Plan& plan, const Step& step) {
    switch (step.kind) {
        case Kind::session:
            return "start a new session";
        case Kind::enter_cgroup:
            return describe_cgroup(plan, step.enter_cgroup);
        case Kind::join_namespace:
            return describe_join(plan, step.join_namespace);
        case Kind::join_container:
            return describe_join(step.join_container);
        case Kind::new_namespace:
            return cat("create a ", namespace_name(step.new_namespace.type), " namespace");
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
            return cat("create the symbolic link ", in_container(plan, step.link.path), " -> ",
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
            return cat("set the hostname to ", plan.text(step.text));
        case Kind::domain_name:
            return cat("set the NIS domain name to ", plan.text(step.text));
        case Kind::keyring:
            return cat("create and join the session keyring ", plan.text(step.text));
        case Kind::oom_score:
            return cat("set oom_score_adj to ", step.oom_score.value);
        case Kind::resource_limit:
            return describe_limit(step.resource_limit);
        case Kind::affinity:
            return describe_affinity(plan, step.affinity);
        case Kind::scheduler:
            return describe_scheduler(step.scheduler);
        case Kind::io_priority:
            return describe_io_priority(step.number.value);
        case Kind::personality:
            return cat("set the personality to ", step.number.value == 0 ? "LINUX" : "LINUX32");
        case Kind::memory_policy:
            return describe_memory_policy(plan, step.memory_policy);
        case Kind::core_scheduling:
            return step.number.value == 0
                       ? "create a core scheduling cookie"
                       : "copy the core scheduling cookie of the container's first process";
        case Kind::label:
            return cat("set the security attribute ", plan.text(step.label.attribute), " to ",
                       plan.text(step.label.value));
        case Kind::landlock:
            return describe_landlock(plan, step.landlock);
        case Kind::own_stdio:
            return cat("make user ", step.number.value,
                       " the owner of each standard stream that is a pipe");
        case Kind::bounding_set:
            return step.number.value == 0
                       ? std::string("drop all capabilities from the bounding set")
                       : cat("drop all capabilities from the bounding set except ",
                             capability_words(step.number.value));
        case Kind::no_new_privileges:
            return "set no_new_privs";
        case Kind::seccomp:
            return describe_seccomp(plan, step.seccomp);
        case Kind::user:
            return describe_user(plan, step.user);
        case Kind::capabilities:
            return cat(
                describe_sets(step.capabilities),
                step.flags == kUntilFilter ? "; CAP_SYS_ADMIN until the filter is loaded" : "");
        case Kind::last_capabilities:
            return "drop CAP_SYS_ADMIN";
        case Kind::drop_capabilities:
            return cat("drop all capabilities except ", capability_words(step.number.value));
        case Kind::umask:
            return cat("set the umask to ", octal(static_cast<std::uint32_t>(step.number.value)));
        case Kind::working_directory:
            return cat("change to the directory ", plan.text(step.working_directory.path),
                       step.flags == kFirstTry ? ", if root has permission" : "");
        case Kind::find_program:
            return describe_find(plan, step.find_program);
        case Kind::verify:
            return describe_verify(step.verify);
        case Kind::ready:
            return "report that the setup is complete, and wait until crux has recorded it";
        case Kind::barrier:
            return "wait until start opens exec.fifo";
        case Kind::exec:
            return describe_exec(plan, step.exec);
        case Kind::prepare:
            return describe_prepare(plan, step.prepare);
        case Kind::directory:
            return cat("create the directory ", in_container(plan, step.path.path),
                       " if it does not exist");
        case Kind::compare_mounts:
            return cat(
                "compare the mounts at their names with those that were made",
                step.flags == kReadOnlyRoot ? ", and verify that the root is read-only" : "");
        case Kind::count_:
            break;
    }
    return "unknown step";
}

}  // namespace crux::plan
