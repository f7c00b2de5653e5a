#include "runtime/init/capabilities.h"
#include "runtime/init/context.h"

namespace crux::init {

namespace {

std::uint32_t low(std::uint64_t set) {
    return static_cast<std::uint32_t>(set);
}
std::uint32_t high(std::uint64_t set) {
    return static_cast<std::uint32_t>(set >> 32U);
}

Outcome set_three(std::uint64_t effective, std::uint64_t permitted, std::uint64_t inheritable) {
    const CapabilityHeader header{kCapabilityVersion, 0};
    const CapabilityData data[2] = {{low(effective), low(permitted), low(inheritable)},
                                    {high(effective), high(permitted), high(inheritable)}};
    return call(__NR_capset, &header, data);
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

Outcome drop_capabilities(std::uint64_t keep) {
    const CapabilityHeader header{kCapabilityVersion, 0};
    CapabilityData data[2] = {};
    TRY(call(__NR_capget, &header, data));
    const std::uint32_t halves[2] = {low(keep), high(keep)};
    for (int half = 0; half < 2; ++half) {
        data[half].effective &= halves[half];
        data[half].permitted &= halves[half];
    }
    return call(__NR_capset, &header, data);
}

Outcome become_user(Context& context, const plan::User& step) {
    // Keep the capabilities when the user ID changes, so that the next step can set them exactly.
    TRY(call(__NR_prctl, kPrctlKeepCaps, 1, 0, 0, 0));
    if (step.keep_groups == 0)
        TRY(call(__NR_setgroups, step.groups.count, context.items<std::uint32_t>(step.groups)));
    TRY(call(__NR_setresgid, step.gid, step.gid, step.gid));
    TRY(call(__NR_setresuid, step.uid, step.uid, step.uid));
    TRY(call(__NR_prctl, kPrctlKeepCaps, 0, 0, 0, 0));
    // The change of the user resets it to fs.suid_dumpable, which can be 1 (proc_sys_fs(5)).
    return call(__NR_prctl, kPrctlDumpable, 0, 0, 0, 0);
}

Outcome set_capabilities(Context& context, const plan::CapabilitySets& step) {
    const std::uint64_t also = context.step->flags == plan::kUntilFilter ? kSysAdmin : 0;
    TRY(set_three(step.effective | also, step.permitted | also, step.inheritable));
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

Outcome set_last_capabilities(const plan::CapabilitySets& step) {
    return set_three(step.effective, step.permitted, step.inheritable);
}

}  // namespace crux::init
