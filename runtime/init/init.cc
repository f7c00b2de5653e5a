#include "runtime/init/context.h"
#include "runtime/init/libc.h"
#include "runtime/init/protocol.h"
#include "runtime/init/stack_guard.h"

// The init program: it reads a plan, applies its steps in order, reports the first failure as
// numbers, waits at the FIFO, and executes the container's program. All decisions are in the plan.

namespace crux::init {

// lint: allow function-length: one short case for each kind of step.
Outcome apply(Context& context) {
    using plan::Kind;
    const plan::Step& step = *context.step;
    switch (step.kind) {
        case Kind::session:
            return start_session(context);
        case Kind::enter_cgroup:
            return enter_cgroup(context, step.enter_cgroup);
        case Kind::join_namespace:
            return join_namespace(context, step.join_namespace);
        case Kind::join_container:
            return join_container(context, step.join_container);
        case Kind::new_namespace:
            return call(__NR_unshare, static_cast<std::uint32_t>(step.new_namespace.type));
        case Kind::time_offsets:
            return set_time_offsets(context, step.time_offsets);
        case Kind::loopback_up:
            return set_loopback_up();
        case Kind::propagation:
            return set_propagation(context, step.propagation);
        case Kind::root:
            return open_root(context, step.root);
        case Kind::mount:
            return mount_file_system(context, step.mount);
        case Kind::bind:
            return bind(context, step.bind);
        case Kind::attributes:
            return change_attributes(context, step.attributes);
        case Kind::node:
            return make_node(context, step.node);
        case Kind::directory:
            return make_directory(context, step.path);
        case Kind::link:
            return make_link(context, step.link);
        case Kind::console:
            return open_console(context, step.console);
        case Kind::mask:
            return mask(context, step.path);
        case Kind::read_only:
            return make_read_only(context, step.path);
        case Kind::ask_parent:
            return ask_parent(context);
        case Kind::hook:
            return run_hook(context, step.hook);
        case Kind::enter_root:
            return enter_root(context, step.enter_root);
        case Kind::compare_mounts:
            return compare_mounts(context);
        case Kind::sysctl:
            return write_sysctl(context, step.sysctl);
        case Kind::host_name:
            return call(__NR_sethostname, context.text(step.text), step.text.length);
        case Kind::domain_name:
            return call(__NR_setdomainname, context.text(step.text), step.text.length);
        case Kind::keyring:
            return new_keyring(context, step.text);
        case Kind::oom_score:
            return write_oom_score(context, step.oom_score);
        case Kind::resource_limit:
            return limit_resource(step.resource_limit);
        case Kind::affinity:
            return set_affinity(context, step.affinity);
        case Kind::scheduler:
            return set_scheduler(step.scheduler);
        case Kind::io_priority:
            return call(__NR_ioprio_set, 2 /* the group */, 0, step.number.value);
        case Kind::personality:
            return call(__NR_personality, step.number.value);
        case Kind::memory_policy:
            return set_memory_policy(context, step.memory_policy);
        case Kind::core_scheduling:
            return set_core_cookie(step.number.value);
        case Kind::label:
            return write_label(context, step.label);
        case Kind::landlock:
            return confine(context, step.landlock);
        case Kind::own_stdio:
            return own_stdio(context, step.number.value);
        case Kind::bounding_set:
            return drop_bounding(step.number.value);
        case Kind::no_new_privileges:
            return call(__NR_prctl, kPrctlNoNewPrivileges, 1, 0, 0, 0);
        case Kind::seccomp:
            return load_seccomp(context, step.seccomp);
        case Kind::user:
            return become_user(context, step.user);
        case Kind::capabilities:
            return set_capabilities(context, step.capabilities);
        case Kind::last_capabilities:
            return set_last_capabilities(step.capabilities);
        case Kind::drop_capabilities:
            return drop_capabilities(step.number.value);
        case Kind::umask:
            context.umask = static_cast<std::uint32_t>(step.number.value);
            return {};
        case Kind::working_directory:
            return change_directory(context, step.working_directory);
        case Kind::find_program:
            return find_program(context, step.find_program);
        case Kind::verify:
            return verify(context, step.verify);
        case Kind::ready:
            return tell_ready(context);
        case Kind::barrier:
            return wait_for_start(context, step.barrier);
        case Kind::exec:
            become_program(context);
        case Kind::prepare:
            return prepare_program(context, step.prepare);
        case Kind::count_:
            break;
    }
    return refuse(kNoSystemCall);
}

namespace {

int number_of(const char* text) {
    int number = 0;
    for (; *text != 0; ++text) number = number * 10 + (*text - '0');
    return number;
}

/// Whether init continues after this failure, with a warning.
bool tolerated(const plan::Step& step, const Outcome& outcome) {
    if (step.kind == plan::Kind::keyring) return outcome.error() == kNoSystemCall;
    // The CPUs do not have SMT siblings.
    if (step.kind == plan::Kind::core_scheduling) return outcome.error() == kNoDevice;
    // Ambient capabilities that are not in the bounding set: the specification requires a warning.
    return step.kind == plan::Kind::capabilities && outcome.call() == __NR_prctl;
}

const plan::Header* map_plan(int descriptor) {
    constexpr int kRead = 1;
    constexpr int kPrivate = 2;
    Statx status{};
    constexpr unsigned kSize = 0x200;  // STATX_SIZE
    const Outcome seen = call(__NR_statx, descriptor, "", kEmptyPath, kSize, &status);
    if (seen.failed()) exit_now(plan::kNoPlanStatus + seen.error());
    const Outcome mapped = call(__NR_mmap, nullptr, status.size, kRead, kPrivate, descriptor, 0);
    (void)call(__NR_close, descriptor);
    if (mapped.failed()) exit_now(plan::kNoPlanStatus + mapped.error());
    return static_cast<const plan::Header*>(raw::pointer(mapped.value()));
}

[[noreturn]] void run(const plan::Header* plan) {
    Context context;
    context.plan = plan;
    context.control = Owned(plan->slots[plan::kControlSlot]);
    const auto* steps =
        reinterpret_cast<const plan::Step*>(reinterpret_cast<const char*>(plan) + plan->steps);
    for (std::uint32_t i = 0; i < plan->step_count; ++i) {
        context.step = &steps[i];
        context.step_index = i;
#ifdef CRUX_FAULTS
        const Outcome fault = meet_fault(context);
        const Outcome outcome = fault.failed() ? fault : apply(context);
#else
        const Outcome outcome = apply(context);
#endif
        if (!outcome.failed()) continue;
        if (tolerated(steps[i], outcome)) {
            report_warning(context, outcome);
            continue;
        }
        report_failure(context, outcome);
        break;
    }
    exit_now(1);
}

/// A function of its own, because it is protected and must start after the guard is set.
[[noreturn, gnu::noinline]] void begin(const long* stack) {
    const auto* arguments = reinterpret_cast<const char* const*>(stack + 1);
    if (stack[0] != 2) exit_now(2);
    run(map_plan(number_of(arguments[1])));
}

}  // namespace

}  // namespace crux::init

extern "C" [[noreturn, gnu::used]] void crux_init_main(const long* stack) {
    crux::init::set_stack_guard(stack);
    crux::init::begin(stack);
}

#if defined(__x86_64__)
asm(".globl _start\n_start:\n xor %ebp,%ebp\n mov %rsp,%rdi\n and $-16,%rsp\n call "
    "crux_init_main\n");
#elif defined(__aarch64__)
asm(".globl _start\n_start:\n mov x29,#0\n mov x0,sp\n bl crux_init_main\n");
#else
// The linker relaxes accesses to data to be relative to gp, which the program must set itself.
asm(".globl _start\n_start:\n .option push\n .option norelax\n la gp,__global_pointer$\n"
    " .option pop\n mv a0,sp\n andi sp,sp,-16\n call crux_init_main\n");
#endif
