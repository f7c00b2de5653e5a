#include "runtime/init/capabilities.h"
#include "runtime/init/context.h"
#include "runtime/init/libc.h"

namespace crux::init {

namespace {

std::uint64_t joined(std::uint32_t low, std::uint32_t high) {
    return std::uint64_t{high} << 32U | low;
}

bool contains(std::uint64_t set, int capability) {
    return (set >> static_cast<unsigned>(capability) & 1U) != 0;
}

Outcome verify_sets(const plan::CapabilitySets& wanted) {
    const CapabilityHeader header{kCapabilityVersion, 0};
    CapabilityData data[2] = {};
    TRY(call(__NR_capget, &header, data));
    const bool same = joined(data[0].effective, data[1].effective) == wanted.effective &&
                      joined(data[0].permitted, data[1].permitted) == wanted.permitted &&
                      joined(data[0].inheritable, data[1].inheritable) == wanted.inheritable;
    if (!same) return refuse(kNotPermitted, __NR_capget);
    // Only what is permitted and inheritable can be ambient (capabilities(7)).
    for (int capability = 0; capability <= kLastCapability; ++capability) {
        if (!contains(wanted.permitted & wanted.inheritable & ~wanted.ambient, capability))
            continue;
        const Outcome is_set =
            call(__NR_prctl, kPrctlAmbient, kPrctlAmbientIsSet, capability, 0, 0);
        if (is_set.value() != 0) return refuse(kNotPermitted, __NR_prctl);
    }
    return {};
}

Outcome verify_bounding(std::uint64_t wanted) {
    for (int capability = 0; capability <= kLastCapability; ++capability) {
        const Outcome has = call(__NR_prctl, kPrctlReadBounding, capability, 0, 0, 0);
        if (has.error() == kInvalid) break;  // past the kernel's last capability
        if (TRY(has) != 0 && !contains(wanted, capability))
            return refuse(kNotPermitted, __NR_prctl);
    }
    return {};
}

bool all_are(const std::uint32_t (&ids)[3], std::uint32_t id) {
    return ids[0] == id && ids[1] == id && ids[2] == id;
}

bool is_in(std::uint32_t id, const std::uint32_t* list, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i)
        if (list[i] == id) return true;
    return false;
}

/// The kernel sorts the groups by their numbers on the host: in a user namespace whose maps are not
/// in order, the two lists can be in different orders.
bool same_groups(const std::uint32_t* wanted, const std::uint32_t* present, std::uint32_t count) {
    if (memcmp(wanted, present, count * sizeof *wanted) == 0) return true;
    for (std::uint32_t i = 0; i < count; ++i)
        if (!is_in(wanted[i], present, count) || !is_in(present[i], wanted, count)) return false;
    return true;
}

Outcome verify_ids(Context& context, const plan::Verify& step) {
    std::uint32_t ids[3] = {};
    TRY(call(__NR_getresuid, &ids[0], &ids[1], &ids[2]));
    if (!all_are(ids, step.uid)) return refuse(kNotPermitted, __NR_getresuid);
    TRY(call(__NR_getresgid, &ids[0], &ids[1], &ids[2]));
    if (!all_are(ids, step.gid)) return refuse(kNotPermitted, __NR_getresgid);
    if (step.keep_groups != 0) return {};
    const long count = TRY(call(__NR_getgroups, 0, nullptr));
    if (count != static_cast<long>(step.groups.count)) return refuse(kNotPermitted, __NR_getgroups);
    if (count == 0) return {};
    auto* groups = static_cast<std::uint32_t*>(
        raw::pointer(TRY(map_memory(step.groups.count * sizeof(std::uint32_t)))));
    TRY(call(__NR_getgroups, count, groups));
    return same_groups(context.items<std::uint32_t>(step.groups), groups, step.groups.count)
               ? Outcome()
               : refuse(kNotPermitted, __NR_getgroups);
}

/// What a process keeps from init, or could use against it.
Outcome verify_process(const Context& context, const plan::Verify& step) {
    if (step.no_new_privileges != 0 &&
        TRY(call(__NR_prctl, kPrctlGetNoNewPrivileges, 0, 0, 0, 0)) != 1)
        return refuse(kNotPermitted, __NR_prctl);
    constexpr long kKeepCapsBit = 16;  // SECBIT_KEEP_CAPS
    if ((TRY(call(__NR_prctl, kPrctlGetSecureBits, 0, 0, 0, 0)) & kKeepCapsBit) != 0)
        return refuse(kNotPermitted, __NR_prctl);
    if (TRY(call(__NR_prctl, kPrctlGetDumpable, 0, 0, 0, 0)) == 1)
        return refuse(kNotPermitted, __NR_prctl);
    // The highest descriptor that init keeps: if it closes on exec, so do those below it.
    constexpr long kClosesOnExec = 1;
    if (TRY(call(__NR_fcntl, context.control.get(), kDescriptorFlags)) != kClosesOnExec)
        return refuse(kNotPermitted, __NR_fcntl);
    return {};
}

}  // namespace

Outcome verify(Context& context, const plan::Verify& step) {
    TRY(verify_ids(context, step));
    TRY(verify_sets(step.sets));
    TRY(verify_bounding(step.bounding));
    return verify_process(context, step);
}

}  // namespace crux::init
