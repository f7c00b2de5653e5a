#include "tests/fuzz/plan_reader.h"

// In a file of its own: init's TRY is not the one of the other directories.
#include "runtime/init/context.h"
#include "tests/fuzz/fuzz.h"

namespace crux {

namespace {

class Reader {
 public:
    explicit Reader(std::span<const std::byte> plan) {
        hold(plan.size() >= sizeof(plan::Header));
        context_.plan = reinterpret_cast<const plan::Header*>(plan.data());
        const plan::Header& header = *context_.plan;
        hold(header.magic == plan::kMagic && header.size == plan.size());
        hold(header.steps % alignof(plan::Step) == 0 && header.steps <= header.size);
        hold(header.step_count > 0 &&
             header.step_count <= (header.size - header.steps) / sizeof(plan::Step));
        hold(header.pool % kAlignment == 0 && header.pool <= header.size);
        hold(header.pool_size <= header.size - header.pool);
        context_.step = reinterpret_cast<const plan::Step*>(plan.data() + header.steps);
    }

    void read() {
        for (std::uint32_t i = 0; i < context_.plan->step_count; ++i, ++context_.step) {
            take(context_.step->origin);
            take_operands(*context_.step);
        }
    }

 private:
    static constexpr std::size_t kAlignment = 8;

    void take(plan::Text text) const {
        const std::uint32_t size = context_.plan->pool_size;
        hold(text.offset <= size && text.length < size - text.offset);
        const char* characters = context_.text(text);
        for (std::uint32_t at = 0; at < text.length; ++at) hold(characters[at] != 0);
        hold(characters[text.length] == 0);
    }
    template <class Item>
    const Item* items(plan::List list) const {
        const std::uint32_t size = context_.plan->pool_size;
        hold(list.offset <= size && list.count <= (size - list.offset) / sizeof(Item));
        hold(list.count == 0 || list.offset % kAlignment == 0);
        return context_.items<Item>(list);
    }
    template <class Item>
    void take_list(plan::List list) const {
        const Item* all = items<Item>(list);
        for (std::uint32_t i = 0; i < list.count; ++i) take(all[i]);
    }
    void take(std::uint32_t /*number*/) const {}
    void take(std::uint64_t /*number*/) const {}
    void take(const plan::Parameter& parameter) const {
        take(parameter.key);
        take(parameter.value);
    }
    void take(const plan::MountCall& mount) const { take(mount.data); }
    void take(const plan::LandlockRule& rule) const { take(rule.path); }
    static void take_slot(plan::SlotIndex slot) {
        hold(slot >= plan::kNoSlot && slot < static_cast<plan::SlotIndex>(plan::kSlotCount));
    }

    void take_operands(const plan::Step& step) const {
        using plan::Kind;
        switch (step.kind) {
            case Kind::enter_cgroup:
                return take_slot(step.enter_cgroup.slot);
            case Kind::join_namespace:
                return take_slot(step.join_namespace.slot);
            case Kind::join_container:
                return take_slot(step.join_container.slot);
            case Kind::time_offsets:
                return take(step.time_offsets.text);
            case Kind::root:
                take(step.root.path);
                return take_slot(step.root.from);
            case Kind::mount:
                take(step.mount.type);
                take(step.mount.source);
                take(step.mount.target);
                take_list<plan::Parameter>(step.mount.parameters);
                take_list<plan::MountCall>(step.mount.call);
                return take_slot(step.mount.idmap);
            case Kind::bind:
                take(step.bind.source);
                take(step.bind.target);
                take_slot(step.bind.from);
                return take_slot(step.bind.idmap);
            case Kind::attributes:
                take(step.attributes.target);
                return take_list<plan::Parameter>(step.attributes.parameters);
            case Kind::node:
                return take(step.node.path);
            case Kind::link:
                take(step.link.target);
                return take(step.link.path);
            case Kind::console:
                return take_slot(step.console.socket);
            case Kind::mask:
            case Kind::read_only:
            case Kind::directory:
                return take(step.path.path);
            case Kind::ask_parent:
                return take(step.ask_parent.source);
            case Kind::hook:
                take(step.hook.path);
                take_list<plan::Text>(step.hook.arguments);
                take_list<plan::Text>(step.hook.environment);
                take(step.hook.state_before);
                return take(step.hook.state_after);
            case Kind::sysctl:
                take(step.sysctl.path);
                return take(step.sysctl.value);
            case Kind::host_name:
            case Kind::domain_name:
            case Kind::keyring:
                return take(step.text);
            case Kind::affinity:
                return take_list<std::uint64_t>(step.affinity.mask);
            case Kind::memory_policy:
                return take_list<std::uint64_t>(step.memory_policy.nodes);
            case Kind::label:
                take(step.label.attribute);
                return take(step.label.value);
            case Kind::landlock:
                return take_list<plan::LandlockRule>(step.landlock.rules);
            case Kind::seccomp:
                take_list<std::uint64_t>(step.seccomp.program);
                take(step.seccomp.exec_words);
                return take(step.seccomp.default_action);
            case Kind::user:
                return take_list<std::uint32_t>(step.user.groups);
            case Kind::working_directory:
                return take(step.working_directory.path);
            case Kind::find_program:
                return take_list<plan::Text>(step.find_program.candidates);
            case Kind::verify:
                return take_list<std::uint32_t>(step.verify.groups);
            case Kind::barrier:
                return take_slot(step.barrier.fifo);
            case Kind::exec:
                return take_list<plan::Text>(step.exec.arguments);
            case Kind::prepare:
                take_list<plan::Text>(step.prepare.arguments);
                return take_list<plan::Text>(step.prepare.environment);
            // Numbers only.
            case Kind::session:
            case Kind::new_namespace:
            case Kind::loopback_up:
            case Kind::propagation:
            case Kind::enter_root:
            case Kind::oom_score:
            case Kind::resource_limit:
            case Kind::scheduler:
            case Kind::io_priority:
            case Kind::personality:
            case Kind::core_scheduling:
            case Kind::own_stdio:
            case Kind::bounding_set:
            case Kind::no_new_privileges:
            case Kind::capabilities:
            case Kind::umask:
            case Kind::ready:
            case Kind::compare_mounts:
            case Kind::last_capabilities:
            case Kind::drop_capabilities:
                return;
            case Kind::count_:
                break;
        }
        hold(false);
    }

    init::Context context_;
};

}  // namespace

void read_as_init(std::span<const std::byte> plan) {
    Reader(plan).read();
}

}  // namespace crux
