#include "runtime/init/context.h"

namespace crux::init {

namespace {

constexpr int kLastCapability = 63;

struct CapabilityHeader {
    std::uint32_t version;
    std::int32_t pid;
};
struct CapabilityData {
    std::uint32_t effective;
    std::uint32_t permitted;
    std::uint32_t inheritable;
};
constexpr std::uint32_t kCapabilityVersion = 0x20080522;  // _LINUX_CAPABILITY_VERSION_3

std::uint32_t low(std::uint64_t set) {
    return static_cast<std::uint32_t>(set);
}
std::uint32_t high(std::uint64_t set) {
    return static_cast<std::uint32_t>(set >> 32U);
}

}  // namespace

Outcome drop_bounding(std::uint64_t keep) {
    for (int capability = 0; capability <= kLastCapability; ++capability) {
        if ((keep >> static_cast<unsigned>(capability) & 1U) != 0) continue;
        const Outcome dropped = call(__NR_prctl, kPrctlDropBounding, capability, 0, 0, 0);
        if (dropped.error() == kInvalid) break;  // past the kernel's last capability
        if (dropped.failed()) {
            // Without CAP_SETPCAP no capability can be dropped. One that is not in the set need
            // not be.
            const Outcome has = call(__NR_prctl, kPrctlReadBounding, capability, 0, 0, 0);
            if (has.value() != 0) return dropped;
        }
    }
    return {};
}

Outcome become_user(Context& context, const plan::User& step) {
    // Keep the capabilities when the user ID changes, so that the next step can set them exactly.
    TRY(call(__NR_prctl, kPrctlKeepCaps, 1, 0, 0, 0));
    if (step.keep_groups == 0)
        TRY(call(__NR_setgroups, step.groups.count, context.items<std::uint32_t>(step.groups)));
    TRY(call(__NR_setresgid, step.gid, step.gid, step.gid));
    TRY(call(__NR_setresuid, step.uid, step.uid, step.uid));
    return call(__NR_prctl, kPrctlKeepCaps, 0, 0, 0, 0);
}

Outcome set_capabilities(Context& context, const plan::CapabilitySets& step) {
    const CapabilityHeader header{kCapabilityVersion, 0};
    const CapabilityData data[2] = {
        {low(step.effective), low(step.permitted), low(step.inheritable)},
        {high(step.effective), high(step.permitted), high(step.inheritable)}};
    TRY(call(__NR_capset, &header, data));
    TRY(call(__NR_prctl, kPrctlAmbient, kPrctlAmbientClear, 0, 0, 0));
    for (int capability = 0; capability <= kLastCapability; ++capability) {
        if ((step.ambient >> static_cast<unsigned>(capability) & 1U) == 0) continue;
        const Outcome raised =
            call(__NR_prctl, kPrctlAmbient, kPrctlAmbientRaise, capability, 0, 0);
        if (raised.failed()) {
            context.extra = capability;
            return raised;
        }
    }
    return {};
}

Outcome verify(const plan::Verify& step) {
    const CapabilityHeader header{kCapabilityVersion, 0};
    CapabilityData data[2] = {};
    TRY(call(__NR_capget, &header, data));
    const plan::CapabilitySets& sets = step.sets;
    const bool same =
        data[0].effective == low(sets.effective) && data[1].effective == high(sets.effective) &&
        data[0].permitted == low(sets.permitted) && data[1].permitted == high(sets.permitted) &&
        data[0].inheritable == low(sets.inheritable) &&
        data[1].inheritable == high(sets.inheritable);
    if (!same) return refuse(kNotPermitted, __NR_capget);
    for (int capability = 0; capability <= kLastCapability; ++capability) {
        const Outcome has = call(__NR_prctl, kPrctlReadBounding, capability, 0, 0, 0);
        if (has.failed()) break;
        const bool wanted = (step.bounding >> static_cast<unsigned>(capability) & 1U) != 0;
        if (has.value() != 0 && !wanted) return refuse(kNotPermitted, __NR_prctl);
    }
    if (step.no_new_privileges != 0 &&
        TRY(call(__NR_prctl, kPrctlGetNoNewPrivileges, 0, 0, 0, 0)) != 1)
        return refuse(kNotPermitted, __NR_prctl);
    return {};
}

}  // namespace crux::init
