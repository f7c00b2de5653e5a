#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/suggest.h"

/// The words of config.json, one table for each vocabulary. The parser, the writer, the features
/// document and the reference page are generated from them, so that they agree. The numbers are the
/// kernel's; they are constants here because the kernel's headers conflict with libc's
/// (linux/mount.h and sys/mount.h), and because older headers do not have the newer values.
namespace crux::oci {

/// One word and its value.
template <class Value>
struct Word {
    std::string_view name;
    Value value;
};

/// The value of the name in the table, or nullopt. Case-sensitive.
template <class Table>
constexpr auto value_of(const Table& table, std::string_view name)
    -> std::optional<std::remove_cvref_t<decltype(table[0].value)>> {
    for (const auto& word : table)
        if (word.name == name) return word.value;
    return std::nullopt;
}

/// The names in the table, in its order.
template <class Table>
std::vector<std::string_view> names_in(const Table& table) {
    std::vector<std::string_view> names;
    names.reserve(std::size(table));
    for (const auto& word : table) names.push_back(word.name);
    return names;
}

/// The suggestion to append to an error about a text that is not in the table:
/// ` (did you mean "ro"?)`, or empty.
template <class Table>
std::string suggestion(const Table& table, std::string_view text) {
    return did_you_mean(text, names_in(table));
}

/// The first name of the value in the table, or an empty view.
template <class Table, class Value>
constexpr std::string_view name_of(const Table& table, const Value& value) {
    for (const auto& word : table)
        if (word.value == value) return word.name;
    return {};
}

// --- Namespaces ---

/// A namespace type, its file under /proc/PID/ns, and its CLONE_NEW* flag.
struct NamespaceWord {
    std::string_view name;
    NamespaceType value;
    const char* proc_name;
    std::uint64_t clone_flag;
};

inline constexpr auto kNamespaces = std::array{
    NamespaceWord{"cgroup", NamespaceType::cgroup, "cgroup", 0x02000000},
    NamespaceWord{"ipc", NamespaceType::ipc, "ipc", 0x08000000},
    NamespaceWord{"mount", NamespaceType::mount, "mnt", 0x00020000},
    NamespaceWord{"network", NamespaceType::network, "net", 0x40000000},
    NamespaceWord{"pid", NamespaceType::pid, "pid", 0x20000000},
    NamespaceWord{"time", NamespaceType::time, "time", 0x00000080},
    NamespaceWord{"user", NamespaceType::user, "user", 0x10000000},
    NamespaceWord{"uts", NamespaceType::uts, "uts", 0x04000000},
};

/// The table's row for the type.
constexpr const NamespaceWord& namespace_word(NamespaceType type) {
    return *std::ranges::find_if(kNamespaces,
                                 [type](const NamespaceWord& word) { return word.value == type; });
}

// --- Mount options ---

// mount_setattr(2), fsmount(2)
inline constexpr std::uint64_t kMountAttrRdonly = 0x00000001;
inline constexpr std::uint64_t kMountAttrNosuid = 0x00000002;
inline constexpr std::uint64_t kMountAttrNodev = 0x00000004;
inline constexpr std::uint64_t kMountAttrNoexec = 0x00000008;
inline constexpr std::uint64_t kMountAttrAtimeMask = 0x00000070;  ///< MOUNT_ATTR__ATIME
inline constexpr std::uint64_t kMountAttrRelatime = 0x00000000;
inline constexpr std::uint64_t kMountAttrNoatime = 0x00000010;
inline constexpr std::uint64_t kMountAttrStrictatime = 0x00000020;
inline constexpr std::uint64_t kMountAttrNodiratime = 0x00000080;
inline constexpr std::uint64_t kMountAttrNosymfollow = 0x00200000;

// mount(2)
inline constexpr std::uint32_t kMsRdonly = 1U << 0U;
inline constexpr std::uint32_t kMsSynchronous = 1U << 4U;
inline constexpr std::uint32_t kMsMandlock = 1U << 6U;
inline constexpr std::uint32_t kMsDirsync = 1U << 7U;
inline constexpr std::uint32_t kMsRec = 1U << 14U;
inline constexpr std::uint32_t kMsSilent = 1U << 15U;
inline constexpr std::uint32_t kMsUnbindable = 1U << 17U;
inline constexpr std::uint32_t kMsPrivate = 1U << 18U;
inline constexpr std::uint32_t kMsSlave = 1U << 19U;
inline constexpr std::uint32_t kMsShared = 1U << 20U;
inline constexpr std::uint32_t kMsIVersion = 1U << 23U;
inline constexpr std::uint32_t kMsLazytime = 1U << 25U;

/// What kind of effect an option has; its bits are those of that kind.
enum class MountOptionKind : std::uint8_t {
    nothing,           ///< "defaults"
    attribute_set,     ///< sets MOUNT_ATTR_* bits
    attribute_clear,   ///< clears them
    atime_set,         ///< sets an access time mode
    atime_clear,       ///< reverts an access time mode
    superblock_set,    ///< sets MS_* bits of the file system instance
    superblock_clear,  ///< clears them
    readonly,          ///< sets the attribute and the superblock flag
    writable,          ///< clears both
    bind,
    remount,
    idmap,
    tmpcopyup,
};

/// Whether an option applies to the mount only or also to the mounts below it.
enum class Depth : std::uint8_t { mount, tree };

/// One option of config.md's table, except the propagation options.
struct MountOptionWord {
    std::string_view name;
    MountOptionKind kind;
    Depth depth = Depth::mount;
    std::uint64_t bits = 0;
};

namespace detail {
using enum MountOptionKind;
}

/// The options in alphabetical order.
inline constexpr auto kMountOptions = std::array{
    MountOptionWord{"async", detail::superblock_clear, Depth::mount, kMsSynchronous},
    MountOptionWord{"atime", detail::atime_clear, Depth::mount, kMountAttrNoatime},
    MountOptionWord{"bind", detail::bind, Depth::mount},
    MountOptionWord{"defaults", detail::nothing},
    MountOptionWord{"dev", detail::attribute_clear, Depth::mount, kMountAttrNodev},
    MountOptionWord{"diratime", detail::attribute_clear, Depth::mount, kMountAttrNodiratime},
    MountOptionWord{"dirsync", detail::superblock_set, Depth::mount, kMsDirsync},
    MountOptionWord{"exec", detail::attribute_clear, Depth::mount, kMountAttrNoexec},
    MountOptionWord{"idmap", detail::idmap, Depth::mount},
    MountOptionWord{"iversion", detail::superblock_set, Depth::mount, kMsIVersion},
    MountOptionWord{"lazytime", detail::superblock_set, Depth::mount, kMsLazytime},
    MountOptionWord{"loud", detail::superblock_clear, Depth::mount, kMsSilent},
    MountOptionWord{"mand", detail::superblock_set, Depth::mount, kMsMandlock},
    MountOptionWord{"noatime", detail::atime_set, Depth::mount, kMountAttrNoatime},
    MountOptionWord{"nodev", detail::attribute_set, Depth::mount, kMountAttrNodev},
    MountOptionWord{"nodiratime", detail::attribute_set, Depth::mount, kMountAttrNodiratime},
    MountOptionWord{"noexec", detail::attribute_set, Depth::mount, kMountAttrNoexec},
    MountOptionWord{"noiversion", detail::superblock_clear, Depth::mount, kMsIVersion},
    MountOptionWord{"nolazytime", detail::superblock_clear, Depth::mount, kMsLazytime},
    MountOptionWord{"nomand", detail::superblock_clear, Depth::mount, kMsMandlock},
    MountOptionWord{"norelatime", detail::atime_clear, Depth::mount, kMountAttrRelatime},
    MountOptionWord{"nostrictatime", detail::atime_clear, Depth::mount, kMountAttrStrictatime},
    MountOptionWord{"nosuid", detail::attribute_set, Depth::mount, kMountAttrNosuid},
    MountOptionWord{"nosymfollow", detail::attribute_set, Depth::mount, kMountAttrNosymfollow},
    MountOptionWord{"ratime", detail::atime_clear, Depth::tree, kMountAttrNoatime},
    MountOptionWord{"rbind", detail::bind, Depth::tree},
    MountOptionWord{"rdev", detail::attribute_clear, Depth::tree, kMountAttrNodev},
    MountOptionWord{"rdiratime", detail::attribute_clear, Depth::tree, kMountAttrNodiratime},
    MountOptionWord{"relatime", detail::atime_set, Depth::mount, kMountAttrRelatime},
    MountOptionWord{"remount", detail::remount},
    MountOptionWord{"rexec", detail::attribute_clear, Depth::tree, kMountAttrNoexec},
    MountOptionWord{"ridmap", detail::idmap, Depth::tree},
    MountOptionWord{"rnoatime", detail::atime_set, Depth::tree, kMountAttrNoatime},
    MountOptionWord{"rnodev", detail::attribute_set, Depth::tree, kMountAttrNodev},
    MountOptionWord{"rnodiratime", detail::attribute_set, Depth::tree, kMountAttrNodiratime},
    MountOptionWord{"rnoexec", detail::attribute_set, Depth::tree, kMountAttrNoexec},
    MountOptionWord{"rnorelatime", detail::atime_clear, Depth::tree, kMountAttrRelatime},
    MountOptionWord{"rnostrictatime", detail::atime_clear, Depth::tree, kMountAttrStrictatime},
    MountOptionWord{"rnosuid", detail::attribute_set, Depth::tree, kMountAttrNosuid},
    MountOptionWord{"rnosymfollow", detail::attribute_set, Depth::tree, kMountAttrNosymfollow},
    MountOptionWord{"ro", detail::readonly, Depth::mount, kMountAttrRdonly},
    MountOptionWord{"rrelatime", detail::atime_set, Depth::tree, kMountAttrRelatime},
    MountOptionWord{"rro", detail::attribute_set, Depth::tree, kMountAttrRdonly},
    MountOptionWord{"rrw", detail::attribute_clear, Depth::tree, kMountAttrRdonly},
    MountOptionWord{"rstrictatime", detail::atime_set, Depth::tree, kMountAttrStrictatime},
    MountOptionWord{"rsuid", detail::attribute_clear, Depth::tree, kMountAttrNosuid},
    MountOptionWord{"rsymfollow", detail::attribute_clear, Depth::tree, kMountAttrNosymfollow},
    MountOptionWord{"rw", detail::writable, Depth::mount, kMountAttrRdonly},
    MountOptionWord{"silent", detail::superblock_set, Depth::mount, kMsSilent},
    MountOptionWord{"strictatime", detail::atime_set, Depth::mount, kMountAttrStrictatime},
    MountOptionWord{"suid", detail::attribute_clear, Depth::mount, kMountAttrNosuid},
    MountOptionWord{"symfollow", detail::attribute_clear, Depth::mount, kMountAttrNosymfollow},
    MountOptionWord{"sync", detail::superblock_set, Depth::mount, kMsSynchronous},
    MountOptionWord{"tmpcopyup", detail::tmpcopyup},
};

/// The suggestion for an option that is neither in this table nor in kPropagations.
std::string mount_option_suggestion(std::string_view text);

/// A propagation type and its flags for mount(2) and mount_setattr(2).
struct PropagationWord {
    std::string_view name;
    Propagation value;
    std::uint32_t flags;
};

inline constexpr auto kPropagations = std::array{
    PropagationWord{"private", Propagation::private_, kMsPrivate},
    PropagationWord{"rprivate", Propagation::rprivate, kMsPrivate | kMsRec},
    PropagationWord{"rshared", Propagation::rshared, kMsShared | kMsRec},
    PropagationWord{"rslave", Propagation::rslave, kMsSlave | kMsRec},
    PropagationWord{"runbindable", Propagation::runbindable, kMsUnbindable | kMsRec},
    PropagationWord{"shared", Propagation::shared, kMsShared},
    PropagationWord{"slave", Propagation::slave, kMsSlave},
    PropagationWord{"unbindable", Propagation::unbindable, kMsUnbindable},
};

// --- Process ---

/// The suggestion for a name that is not a capability.
std::string capability_suggestion(std::string_view text);

inline constexpr auto kRlimits = std::array{
    Word<RlimitType>{"RLIMIT_AS", RlimitType::as},
    Word<RlimitType>{"RLIMIT_CORE", RlimitType::core},
    Word<RlimitType>{"RLIMIT_CPU", RlimitType::cpu},
    Word<RlimitType>{"RLIMIT_DATA", RlimitType::data},
    Word<RlimitType>{"RLIMIT_FSIZE", RlimitType::fsize},
    Word<RlimitType>{"RLIMIT_LOCKS", RlimitType::locks},
    Word<RlimitType>{"RLIMIT_MEMLOCK", RlimitType::memlock},
    Word<RlimitType>{"RLIMIT_MSGQUEUE", RlimitType::msgqueue},
    Word<RlimitType>{"RLIMIT_NICE", RlimitType::nice},
    Word<RlimitType>{"RLIMIT_NOFILE", RlimitType::nofile},
    Word<RlimitType>{"RLIMIT_NPROC", RlimitType::nproc},
    Word<RlimitType>{"RLIMIT_RSS", RlimitType::rss},
    Word<RlimitType>{"RLIMIT_RTPRIO", RlimitType::rtprio},
    Word<RlimitType>{"RLIMIT_RTTIME", RlimitType::rttime},
    Word<RlimitType>{"RLIMIT_SIGPENDING", RlimitType::sigpending},
    Word<RlimitType>{"RLIMIT_STACK", RlimitType::stack},
};

inline constexpr auto kSchedulerPolicies = std::array{
    Word<SchedulerPolicy>{"SCHED_OTHER", SchedulerPolicy::other},
    Word<SchedulerPolicy>{"SCHED_FIFO", SchedulerPolicy::fifo},
    Word<SchedulerPolicy>{"SCHED_RR", SchedulerPolicy::rr},
    Word<SchedulerPolicy>{"SCHED_BATCH", SchedulerPolicy::batch},
    Word<SchedulerPolicy>{"SCHED_ISO", SchedulerPolicy::iso},
    Word<SchedulerPolicy>{"SCHED_IDLE", SchedulerPolicy::idle},
    Word<SchedulerPolicy>{"SCHED_DEADLINE", SchedulerPolicy::deadline},
};

inline constexpr auto kSchedulerFlags = std::array{
    Word<std::uint64_t>{"SCHED_FLAG_RESET_ON_FORK", 0x01},
    Word<std::uint64_t>{"SCHED_FLAG_RECLAIM", 0x02},
    Word<std::uint64_t>{"SCHED_FLAG_DL_OVERRUN", 0x04},
    Word<std::uint64_t>{"SCHED_FLAG_KEEP_POLICY", 0x08},
    Word<std::uint64_t>{"SCHED_FLAG_KEEP_PARAMS", 0x10},
    Word<std::uint64_t>{"SCHED_FLAG_UTIL_CLAMP_MIN", 0x20},
    Word<std::uint64_t>{"SCHED_FLAG_UTIL_CLAMP_MAX", 0x40},
};

inline constexpr auto kIoPriorityClasses = std::array{
    Word<IoPriorityClass>{"IOPRIO_CLASS_RT", IoPriorityClass::rt},
    Word<IoPriorityClass>{"IOPRIO_CLASS_BE", IoPriorityClass::be},
    Word<IoPriorityClass>{"IOPRIO_CLASS_IDLE", IoPriorityClass::idle},
};

/// A hook's name and its list, in the order in which they run.
inline constexpr auto kHooks = std::array{
    Word<std::vector<Hook> Hooks::*>{"prestart", &Hooks::prestart},
    Word<std::vector<Hook> Hooks::*>{"createRuntime", &Hooks::create_runtime},
    Word<std::vector<Hook> Hooks::*>{"createContainer", &Hooks::create_container},
    Word<std::vector<Hook> Hooks::*>{"startContainer", &Hooks::start_container},
    Word<std::vector<Hook> Hooks::*>{"poststart", &Hooks::poststart},
    Word<std::vector<Hook> Hooks::*>{"poststop", &Hooks::poststop},
};

// --- Linux ---

/// The types of a device node. "u" is read as a character device, which is written as "c".
inline constexpr auto kDeviceNodeTypes = std::array{
    Word<DeviceType>{"c", DeviceType::character},
    Word<DeviceType>{"b", DeviceType::block},
    Word<DeviceType>{"u", DeviceType::character},
    Word<DeviceType>{"p", DeviceType::fifo},
};

/// The types of a rule of the device controller.
inline constexpr auto kDeviceRuleTypes = std::array{
    Word<DeviceType>{"a", DeviceType::all},
    Word<DeviceType>{"c", DeviceType::character},
    Word<DeviceType>{"b", DeviceType::block},
};

inline constexpr auto kDeviceAccesses = std::array{
    Word<DeviceAccess>{"r", kDeviceRead},
    Word<DeviceAccess>{"w", kDeviceWrite},
    Word<DeviceAccess>{"m", kDeviceMknod},
};

inline constexpr auto kMemoryPolicyModes = std::array{
    Word<MemoryPolicyMode>{"MPOL_DEFAULT", MemoryPolicyMode::default_},
    Word<MemoryPolicyMode>{"MPOL_BIND", MemoryPolicyMode::bind},
    Word<MemoryPolicyMode>{"MPOL_INTERLEAVE", MemoryPolicyMode::interleave},
    Word<MemoryPolicyMode>{"MPOL_WEIGHTED_INTERLEAVE", MemoryPolicyMode::weighted_interleave},
    Word<MemoryPolicyMode>{"MPOL_PREFERRED", MemoryPolicyMode::preferred},
    Word<MemoryPolicyMode>{"MPOL_PREFERRED_MANY", MemoryPolicyMode::preferred_many},
    Word<MemoryPolicyMode>{"MPOL_LOCAL", MemoryPolicyMode::local},
};

inline constexpr auto kMemoryPolicyFlags = std::array{
    Word<std::uint32_t>{"MPOL_F_NUMA_BALANCING", 1U << 13U},
    Word<std::uint32_t>{"MPOL_F_RELATIVE_NODES", 1U << 14U},
    Word<std::uint32_t>{"MPOL_F_STATIC_NODES", 1U << 15U},
};

/// The value of a domain is the argument of personality(2).
struct PersonalityWord {
    std::string_view name;
    PersonalityDomain value;
    std::uint32_t number;
};

inline constexpr auto kPersonalityDomains = std::array{
    PersonalityWord{"LINUX", PersonalityDomain::linux, 0x0000},
    PersonalityWord{"LINUX32", PersonalityDomain::linux32, 0x0008},
};

// --- Seccomp ---

/// An action, and whether it has an errno (or tracer) value.
struct SeccompActionWord {
    std::string_view name;
    SeccompAction value;
    bool takes_errno = false;
};

inline constexpr auto kSeccompActions = std::array{
    SeccompActionWord{"SCMP_ACT_ALLOW", SeccompAction::allow},
    SeccompActionWord{"SCMP_ACT_ERRNO", SeccompAction::errno_, true},
    SeccompActionWord{"SCMP_ACT_KILL", SeccompAction::kill},
    SeccompActionWord{"SCMP_ACT_KILL_PROCESS", SeccompAction::kill_process},
    SeccompActionWord{"SCMP_ACT_KILL_THREAD", SeccompAction::kill_thread},
    SeccompActionWord{"SCMP_ACT_LOG", SeccompAction::log},
    SeccompActionWord{"SCMP_ACT_NOTIFY", SeccompAction::notify},
    SeccompActionWord{"SCMP_ACT_TRACE", SeccompAction::trace, true},
    SeccompActionWord{"SCMP_ACT_TRAP", SeccompAction::trap},
};

/// Whether the action uses errnoRet.
constexpr bool takes_errno(SeccompAction action) {
    for (const SeccompActionWord& word : kSeccompActions)
        if (word.value == action) return word.takes_errno;
    return false;
}

inline constexpr auto kSeccompOperators = std::array{
    Word<SeccompOperator>{"SCMP_CMP_EQ", SeccompOperator::eq},
    Word<SeccompOperator>{"SCMP_CMP_GE", SeccompOperator::ge},
    Word<SeccompOperator>{"SCMP_CMP_GT", SeccompOperator::gt},
    Word<SeccompOperator>{"SCMP_CMP_LE", SeccompOperator::le},
    Word<SeccompOperator>{"SCMP_CMP_LT", SeccompOperator::lt},
    Word<SeccompOperator>{"SCMP_CMP_MASKED_EQ", SeccompOperator::masked_eq},
    Word<SeccompOperator>{"SCMP_CMP_NE", SeccompOperator::ne},
};

inline constexpr auto kSeccompArchs = std::array{
    Word<SeccompArch>{"SCMP_ARCH_AARCH64", SeccompArch::aarch64},
    Word<SeccompArch>{"SCMP_ARCH_ARM", SeccompArch::arm},
    Word<SeccompArch>{"SCMP_ARCH_LOONGARCH64", SeccompArch::loongarch64},
    Word<SeccompArch>{"SCMP_ARCH_M68K", SeccompArch::m68k},
    Word<SeccompArch>{"SCMP_ARCH_MIPS", SeccompArch::mips},
    Word<SeccompArch>{"SCMP_ARCH_MIPS64", SeccompArch::mips64},
    Word<SeccompArch>{"SCMP_ARCH_MIPS64N32", SeccompArch::mips64n32},
    Word<SeccompArch>{"SCMP_ARCH_MIPSEL", SeccompArch::mipsel},
    Word<SeccompArch>{"SCMP_ARCH_MIPSEL64", SeccompArch::mipsel64},
    Word<SeccompArch>{"SCMP_ARCH_MIPSEL64N32", SeccompArch::mipsel64n32},
    Word<SeccompArch>{"SCMP_ARCH_PARISC", SeccompArch::parisc},
    Word<SeccompArch>{"SCMP_ARCH_PARISC64", SeccompArch::parisc64},
    Word<SeccompArch>{"SCMP_ARCH_PPC", SeccompArch::ppc},
    Word<SeccompArch>{"SCMP_ARCH_PPC64", SeccompArch::ppc64},
    Word<SeccompArch>{"SCMP_ARCH_PPC64LE", SeccompArch::ppc64le},
    Word<SeccompArch>{"SCMP_ARCH_RISCV64", SeccompArch::riscv64},
    Word<SeccompArch>{"SCMP_ARCH_S390", SeccompArch::s390},
    Word<SeccompArch>{"SCMP_ARCH_S390X", SeccompArch::s390x},
    Word<SeccompArch>{"SCMP_ARCH_SH", SeccompArch::sh},
    Word<SeccompArch>{"SCMP_ARCH_SHEB", SeccompArch::sheb},
    Word<SeccompArch>{"SCMP_ARCH_X32", SeccompArch::x32},
    Word<SeccompArch>{"SCMP_ARCH_X86", SeccompArch::x86},
    Word<SeccompArch>{"SCMP_ARCH_X86_64", SeccompArch::x86_64},
};

inline constexpr auto kSeccompFlags = std::array{
    Word<SeccompFlag>{"SECCOMP_FILTER_FLAG_LOG", SeccompFlag::log},
    Word<SeccompFlag>{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SeccompFlag::spec_allow},
    Word<SeccompFlag>{"SECCOMP_FILTER_FLAG_TSYNC", SeccompFlag::tsync},
    Word<SeccompFlag>{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SeccompFlag::wait_killable_recv},
};

// --- Signals ---

/// The standard signals with Linux's numbers, which are the same on all supported architectures. If
/// a number has two names, the usual one is first.
inline constexpr auto kSignals = std::array{
    Word<int>{"SIGHUP", 1},     Word<int>{"SIGINT", 2},     Word<int>{"SIGQUIT", 3},
    Word<int>{"SIGILL", 4},     Word<int>{"SIGTRAP", 5},    Word<int>{"SIGABRT", 6},
    Word<int>{"SIGIOT", 6},     Word<int>{"SIGBUS", 7},     Word<int>{"SIGFPE", 8},
    Word<int>{"SIGKILL", 9},    Word<int>{"SIGUSR1", 10},   Word<int>{"SIGSEGV", 11},
    Word<int>{"SIGUSR2", 12},   Word<int>{"SIGPIPE", 13},   Word<int>{"SIGALRM", 14},
    Word<int>{"SIGTERM", 15},   Word<int>{"SIGSTKFLT", 16}, Word<int>{"SIGCHLD", 17},
    Word<int>{"SIGCLD", 17},    Word<int>{"SIGCONT", 18},   Word<int>{"SIGSTOP", 19},
    Word<int>{"SIGTSTP", 20},   Word<int>{"SIGTTIN", 21},   Word<int>{"SIGTTOU", 22},
    Word<int>{"SIGURG", 23},    Word<int>{"SIGXCPU", 24},   Word<int>{"SIGXFSZ", 25},
    Word<int>{"SIGVTALRM", 26}, Word<int>{"SIGPROF", 27},   Word<int>{"SIGWINCH", 28},
    Word<int>{"SIGIO", 29},     Word<int>{"SIGPOLL", 29},   Word<int>{"SIGPWR", 30},
    Word<int>{"SIGSYS", 31},
};

inline constexpr int kSignalRealtimeMin = 34;  ///< the first that libc does not reserve
inline constexpr int kSignalMax = 64;

/// Parses a signal: a number from 0 to 64, or a name in upper or lower case, with or without SIG;
/// also RTMIN, RTMAX, RTMIN+n and RTMAX-n as in signal(7). Otherwise nullopt.
std::optional<int> parse_signal(std::string_view text);

/// The suggestion for a text that parse_signal does not accept.
std::string signal_suggestion(std::string_view text);

/// The annotation with the stop signal of an image (config.md, Annotations).
inline constexpr std::string_view kStopSignalAnnotation = "org.opencontainers.image.stopSignal";

// --- Lists of numbers ---

/// The ranges of a list such as "0-3,7" (cpuset(7), List format). nullopt if the text is not a
/// valid list, for example a range with descending numbers, a number above 2^20, or blanks. An
/// empty text is an empty list; a newline at the end is allowed, because files have one.
std::optional<Ranges> parse_ranges(std::string_view text);

/// The inverse of parse_ranges.
std::string ranges_text(const Ranges& ranges);

}  // namespace crux::oci
