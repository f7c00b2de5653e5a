#include "runtime/init/paths.h"

namespace crux::init {

Outcome load_seccomp(Context& context, const plan::Seccomp& step) {
    constexpr int kSetFilter = 1;  // SECCOMP_SET_MODE_FILTER
    struct {
        std::uint16_t length;
        const void* filter;
    } const program{static_cast<std::uint16_t>(step.program.count),
                    context.items<std::uint64_t>(step.program)};
    // With NEW_LISTENER the value is a descriptor, which the parent takes in the next step.
    context.listener = static_cast<int>(TRY(call(__NR_seccomp, kSetFilter, step.flags, &program)));
    context.filter = &step;
    return {};
}

Outcome confine_hook(Context& context) {
    const plan::Step* const last = context.step + (context.plan->step_count - context.step_index);
    for (const plan::Step* later = context.step + 1; later < last; ++later) {
        if (later->kind == plan::Kind::seccomp) TRY(load_seccomp(context, later->seccomp));
        if (later->kind == plan::Kind::last_capabilities)
            TRY(set_last_capabilities(later->capabilities));
    }
    return {};
}

namespace {

// LANDLOCK_ACCESS_FS_EXECUTE, _WRITE_FILE, _READ_FILE, _TRUNCATE, _IOCTL_DEV.
constexpr std::uint64_t kFileRights = 1U | 2U | 4U | 1U << 14U | 1U << 15U;

}  // namespace

Outcome confine(Context& context, const plan::Landlock& step) {
    struct {
        std::uint64_t handled;
    } const attributes{step.handled};
    const Owned ruleset(TRY(call(__NR_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
    const auto* rules = context.items<plan::LandlockRule>(step.rules);
    for (std::uint32_t i = 0; i < step.rules.count; ++i) {
        context.extra = static_cast<std::int32_t>(i) + 1;
        const Owned parent(TRY(open_in_root(context, context.text(rules[i].path), kOpenPath)));
        std::uint64_t access = rules[i].access;
        Statx status;
        TRY(status_of(parent.get(), status));
        // The kernel refuses directory rights on a file.
        if ((status.mode & kTypeMask) != kTypeDirectory) access &= kFileRights;
        if (access == 0) continue;
        struct [[gnu::packed]] {
            std::uint64_t access;
            std::int32_t parent;
        } const rule{access, parent.get()};
        constexpr int kPathBeneath = 1;
        TRY(call(__NR_landlock_add_rule, ruleset.get(), kPathBeneath, &rule, 0));
    }
    context.extra = 0;
    return call(__NR_landlock_restrict_self, ruleset.get(), 0);
}

}  // namespace crux::init
