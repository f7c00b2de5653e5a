#include <algorithm>

#include "oci-spec/vocabulary.h"
#include "runtime/plan/describe.h"
#include "runtime/plan/plan.h"
#include "tests/support/catch.h"

using namespace crux;
using namespace crux::plan;

namespace {

/// A configuration with something for every phase, and the other inputs.
struct Fixture {
    oci::Config config;
    host::Facts facts;
    std::vector<std::uint64_t> filter = {1, 2, 3};

    Fixture() {
        config.root.path = "rootfs";
        config.root.readonly = true;
        config.hostname = "h";
        config.linux.namespaces = {{.type = oci::NamespaceType::mount, .path = {}},
                                   {.type = oci::NamespaceType::uts, .path = {}},
                                   {.type = oci::NamespaceType::cgroup, .path = {}},
                                   {.type = oci::NamespaceType::network, .path = {}}};
        config.linux.masked_paths = {"/proc/kcore"};
        config.linux.readonly_paths = {"/proc/sys"};
        config.linux.sysctl = {{"net.ipv4.ip_forward", "1"}};
        config.hooks.create_runtime = {{.path = "/h", .args = {}, .env = {}, .timeout = {}}};
        config.hooks.create_container = config.hooks.create_runtime;
        config.hooks.start_container = config.hooks.create_runtime;
        oci::Mount mount;
        mount.destination = "/proc";
        mount.type = "proc";
        config.mounts = {mount};
        oci::Process process;
        process.cwd = "/work";
        process.args = {"tool"};
        process.env = {"PATH=/a:/b"};
        process.no_new_privileges = true;
        process.rlimits = {{.type = oci::RlimitType::nofile, .soft = 1, .hard = 1}};
        process.oom_score_adj = 1;
        config.process = process;
    }

    [[nodiscard]] Inputs inputs() const {
        Inputs inputs;
        inputs.config = &config;
        inputs.facts = &facts;
        inputs.id = "demo";
        inputs.bundle = "/bundle";
        inputs.rootfs = "/bundle/rootfs";
        inputs.seccomp_program = filter;
        inputs.cgroup = {{"/sys/fs/cgroup/memory", "/demo", {"memory"}, 1}};
        return inputs;
    }

    [[nodiscard]] Plan plan() const {
        auto built = build(inputs());
        REQUIRE(built.has_value());
        return std::move(*built);
    }
};

/// The index of the first step of the kind; requires that there is one.
std::size_t place_of(const Plan& plan, Kind kind) {
    const auto steps = plan.steps();
    const auto found = std::find_if(steps.begin(), steps.end(),
                                    [kind](const Step& step) { return step.kind == kind; });
    REQUIRE(found != steps.end());
    return static_cast<std::size_t>(found - steps.begin());
}

const Step& step_of(const Plan& plan, Kind kind) {
    return plan.steps()[place_of(plan, kind)];
}

std::vector<std::string> texts_of(const Plan& plan, List list) {
    std::vector<std::string> texts;
    for (const Text text : plan.list<Text>(list)) texts.emplace_back(plan.text(text));
    return texts;
}

}  // namespace

TEST_CASE("the steps that security depends on are in the right order") {
    const Plan plan = Fixture().plan();
    const struct {
        Kind before;
        Kind after;
    } rules[] = {
        {Kind::session, Kind::enter_cgroup},
        {Kind::enter_cgroup, Kind::new_namespace},
        {Kind::new_namespace, Kind::mount},
        {Kind::propagation, Kind::root},
        {Kind::root, Kind::mount},
        {Kind::mount, Kind::node},
        {Kind::node, Kind::ask_parent},
        {Kind::ask_parent, Kind::hook},
        {Kind::hook, Kind::mask},
        {Kind::mask, Kind::enter_root},
        {Kind::read_only, Kind::enter_root},
        {Kind::directory, Kind::attributes},
        {Kind::attributes, Kind::enter_root},
        {Kind::enter_root, Kind::sysctl},
        {Kind::mask, Kind::compare_mounts},
        {Kind::attributes, Kind::compare_mounts},
        {Kind::enter_root, Kind::compare_mounts},
        {Kind::compare_mounts, Kind::user},
        {Kind::sysctl, Kind::bounding_set},
        {Kind::keyring, Kind::user},
        {Kind::resource_limit, Kind::user},
        {Kind::own_stdio, Kind::user},
        {Kind::bounding_set, Kind::user},
        {Kind::user, Kind::capabilities},
        {Kind::capabilities, Kind::find_program},
        {Kind::find_program, Kind::prepare},
        {Kind::prepare, Kind::no_new_privileges},
        {Kind::no_new_privileges, Kind::verify},
        {Kind::verify, Kind::ready},
        {Kind::ready, Kind::barrier},
        {Kind::barrier, Kind::seccomp},
        {Kind::seccomp, Kind::exec},
    };
    for (const auto& rule : rules) {
        INFO(static_cast<int>(rule.before) << " before " << static_cast<int>(rule.after));
        CHECK(place_of(plan, rule.before) < place_of(plan, rule.after));
    }
    CHECK(plan.steps().back().kind == Kind::exec);
}

TEST_CASE("without no_new_privs init keeps the capability that the filter requires until then") {
    constexpr std::uint64_t kSysAdmin = std::uint64_t{1} << 21U;
    Fixture fixture;
    fixture.config.process->no_new_privileges = false;
    const Plan plan = fixture.plan();
    CHECK(step_of(plan, Kind::capabilities).flags == kUntilFilter);
    CHECK(step_of(plan, Kind::verify).verify.no_new_privileges == 0);
    const std::uint64_t verified = step_of(plan, Kind::verify).verify.sets.permitted;
    CHECK(verified == (step_of(plan, Kind::capabilities).capabilities.permitted | kSysAdmin));
    // Only capset and execve follow the filter.
    const auto steps = plan.steps();
    CHECK(steps[steps.size() - 3].kind == Kind::seccomp);
    CHECK(steps[steps.size() - 2].kind == Kind::last_capabilities);
    CHECK(steps.back().kind == Kind::exec);

    fixture.config.process->capabilities = {.effective = kSysAdmin, .permitted = kSysAdmin};
    const Plan own = fixture.plan();
    CHECK(step_of(own, Kind::capabilities).flags == 0);
    CHECK(own.steps()[own.steps().size() - 2].kind == Kind::seccomp);
}

TEST_CASE("the start hooks run between the barrier and the program") {
    const Plan plan = Fixture().plan();
    const auto steps = plan.steps();
    const std::size_t barrier = place_of(plan, Kind::barrier);
    REQUIRE(steps.size() == barrier + 4);
    CHECK(steps[barrier + 1].kind == Kind::hook);
    CHECK(plan.text(steps[barrier + 1].origin) == "/hooks/startContainer/0");
    // They are programs of the image: the filter applies to them too.
    CHECK(steps[barrier + 1].hook.confined == 1);
    CHECK(steps[barrier + 2].kind == Kind::seccomp);
}

TEST_CASE("no step of init refers to a slot that the host does not fill") {
    const Plan plan = Fixture().plan();
    for (const Step& step : plan.steps()) {
        if (step.kind == Kind::root) CHECK(step.root.from == kNoSlot);
        if (step.kind == Kind::mount) CHECK(step.mount.idmap == kNoSlot);
        if (step.kind == Kind::bind) CHECK(step.bind.from == kNoSlot);
    }
    CHECK(step_of(plan, Kind::barrier).barrier.fifo == kFifoSlot);
    REQUIRE(plan.host.slots.size() == 1);
    CHECK(step_of(plan, Kind::enter_cgroup).enter_cgroup.slot == plan.host.slots[0].slot);
}

TEST_CASE("of equal names in the environment the last one is kept, at its position") {
    Fixture fixture;
    fixture.config.process->env = {"A=1", "B=1", "A=2", "C=", "B=2"};
    const Plan plan = fixture.plan();
    const Prepare& ready = step_of(plan, Kind::prepare).prepare;
    CHECK(texts_of(plan, ready.environment) == std::vector<std::string>{"A=2", "C=", "B=2"});
    CHECK(ready.needs_home == 1);
}

TEST_CASE("HOME is kept if it is set, and looked up if it is empty") {
    Fixture fixture;
    fixture.config.process->env = {"HOME=/root"};
    CHECK(step_of(fixture.plan(), Kind::prepare).prepare.needs_home == 0);
    fixture.config.process->env = {"HOME="};
    fixture.config.process->user.uid = 7;
    const Plan plan = fixture.plan();
    const Prepare& ready = step_of(plan, Kind::prepare).prepare;
    CHECK(ready.needs_home == 1);
    CHECK(ready.uid == 7);
    CHECK(texts_of(plan, ready.environment).empty());
}

TEST_CASE("descriptors for socket activation come before the preserved ones") {
    const Fixture fixture;
    Inputs inputs = fixture.inputs();
    inputs.listen_fds = 2;
    inputs.preserve_fds = 3;
    auto plan = build(inputs);
    REQUIRE(plan.has_value());
    const Prepare& ready = step_of(*plan, Kind::prepare).prepare;
    CHECK(ready.keep_below == 8);
    const auto environment = texts_of(*plan, ready.environment);
    CHECK(std::count(environment.begin(), environment.end(), "LISTEN_FDS=2") == 1);
    CHECK(std::count(environment.begin(), environment.end(), "LISTEN_PID=1") == 1);
}

TEST_CASE("an invalid environment variable is refused with its JSON pointer") {
    Fixture fixture;
    fixture.config.process->env = {"A=1", "nonsense"};
    const auto plan = build(fixture.inputs());
    REQUIRE_FALSE(plan.has_value());
    CHECK(plan.error().message() ==
          "invalid environment variable: missing '=' (config.json: /process/env/1)");
}

TEST_CASE("the program is looked up like execvp does") {
    const auto candidates = [](std::vector<std::string> env, const char* name) {
        Fixture fixture;
        fixture.config.process->env = std::move(env);
        fixture.config.process->args = {name};
        const Plan plan = fixture.plan();
        return texts_of(plan, step_of(plan, Kind::find_program).find_program.candidates);
    };
    using List = std::vector<std::string>;
    CHECK(candidates({"PATH=/a:/b"}, "tool") == List{"/a/tool", "/b/tool"});
    CHECK(candidates({"PATH=/a", "PATH=/b"}, "tool") == List{"/b/tool"});
    CHECK(candidates({}, "tool") == List{"/bin/tool", "/usr/bin/tool"});
    CHECK(candidates({"PATH=/a:"}, "tool") == List{"/a/tool", "./tool"});
    CHECK(candidates({"PATH=/a"}, "./tool") == List{"./tool"});
    CHECK(candidates({"PATH=/a"}, "/x/tool") == List{"/x/tool"});
    CHECK(candidates({"PATH=/a"}, "").empty());
}

TEST_CASE("in a user namespace, steps that require the host's privileges are in the host's part") {
    Fixture fixture;
    fixture.config.linux.namespaces.push_back({.type = oci::NamespaceType::user, .path = {}});
    fixture.config.linux.namespaces.push_back(
        {.type = oci::NamespaceType::ipc, .path = "/proc/7/ns/ipc"});
    fixture.config.linux.uid_mappings = {{.container_id = 0, .host_id = 1000, .size = 1}};
    const Plan plan = fixture.plan();
    CHECK(plan.host.oom_score_adj == 1);
    REQUIRE(plan.host.rlimits.size() == 1);
    REQUIRE(plan.host.joins.size() == 1);
    CHECK(plan.host.joins[0].type == Namespace::ipc);
    CHECK(plan.host.uid_map == "0 1000 1\n");
    CHECK((plan.host.new_namespaces & static_cast<std::uint64_t>(Namespace::user)) != 0);
    CHECK(step_of(plan, Kind::node).node.bind_from_host == 1);
    for (const Step& step : plan.steps()) {
        CHECK(step.kind != Kind::oom_score);
        CHECK(step.kind != Kind::resource_limit);
        CHECK(step.kind != Kind::join_namespace);
    }
}

TEST_CASE("if there are more binds than slots, init opens the rest itself") {
    Fixture fixture;
    fixture.config.linux.namespaces.push_back({.type = oci::NamespaceType::user, .path = {}});
    oci::Mount bind;
    bind.destination = "/data";
    bind.source = "/srv";
    bind.parsed.bind = oci::BindOption::bind;
    fixture.config.mounts.assign(kSlotCount + 10, bind);
    const Plan plan = fixture.plan();
    CHECK(plan.steps().size() > kSlotCount + 10);
    std::size_t by_host = 0;
    for (const Step& step : plan.steps())
        if (step.kind == Kind::bind && step.bind.from != kNoSlot) ++by_host;
    CHECK(by_host == kSlotCount - kFirstFreeSlot - 1);  // one is the cgroup's
}

TEST_CASE("clone3 never creates the cgroup and the time namespace") {
    Fixture fixture;
    fixture.config.linux.namespaces.push_back({.type = oci::NamespaceType::time, .path = {}});
    const Plan plan = fixture.plan();
    constexpr auto kNever =
        static_cast<std::uint64_t>(Namespace::cgroup) | static_cast<std::uint64_t>(Namespace::time);
    CHECK((plan.host.new_namespaces & kNever) == 0);
    CHECK(place_of(plan, Kind::enter_cgroup) < place_of(plan, Kind::new_namespace));
}

TEST_CASE("with joined namespaces crux writes the offsets of a time namespace") {
    Fixture fixture;
    fixture.config.linux.namespaces.push_back({.type = oci::NamespaceType::time, .path = {}});
    fixture.config.linux.time_offsets.monotonic = {.secs = 5, .nanosecs = 0};
    const Plan own = fixture.plan();
    CHECK(own.text(step_of(own, Kind::time_offsets).time_offsets.text) == "monotonic 5 0\n");
    CHECK(own.host.time_offsets.empty());
    fixture.config.linux.namespaces.push_back(
        {.type = oci::NamespaceType::pid, .path = "/proc/7/ns/pid"});
    const Plan joined = fixture.plan();
    const std::size_t place = place_of(joined, Kind::time_offsets);
    CHECK(joined.steps()[place].time_offsets.is_made == 1);
    CHECK(joined.steps()[place].time_offsets.text.length == 0);
    CHECK(joined.steps()[place - 1].ask_parent.request == Request::time_offsets);
    CHECK(joined.steps()[place - 2].new_namespace.type == Namespace::time);
    CHECK(joined.host.time_offsets == "monotonic 5 0\n");
}

TEST_CASE("init keeps the descriptors of the mounts that later steps use") {
    Fixture fixture;
    const auto add = [&](const char* target) {
        oci::Mount mount;
        mount.destination = target;
        mount.type = "tmpfs";
        fixture.config.mounts.push_back(mount);
    };
    for (const char* target : {"/dev", "/dev/shm", "/run", "/run/lock", "/runs", "/work", "/sys"})
        add(target);
    fixture.config.linux.masked_paths.push_back("/sys/firmware/x");
    const Plan plan = fixture.plan();
    std::vector<std::string> kept;
    for (const Step& step : plan.steps())
        if (step.kind == Kind::mount && (step.flags & kKept) != 0)
            kept.emplace_back(plan.text(step.mount.target));
    CHECK(kept == std::vector<std::string>{"proc", "dev", "run", "work", "sys"});
}

TEST_CASE("the umask is set only if config.json has one") {
    Fixture fixture;
    const auto has_umask = [](const Plan& plan) {
        const auto steps = plan.steps();
        return std::any_of(steps.begin(), steps.end(),
                           [](const Step& step) { return step.kind == Kind::umask; });
    };
    CHECK_FALSE(has_umask(fixture.plan()));
    fixture.config.process->user.umask = 0;
    CHECK(has_umask(fixture.plan()));
}

TEST_CASE("hooks get the state in two parts around the pid") {
    Fixture fixture;
    fixture.config.annotations = {{"k\"", "v"}};
    const Plan plan = fixture.plan();
    const Hook& hook = step_of(plan, Kind::hook).hook;
    CHECK(plan.text(hook.state_before) ==
          R"({"ociVersion":"1.3.0","id":"demo","status":"creating","pid":)");
    CHECK(plan.text(hook.state_after) == R"(,"bundle":"/bundle","annotations":{"k\"":"v"}})");
    CHECK(texts_of(plan, hook.arguments) == std::vector<std::string>{"/h"});
    CHECK(texts_of(plan, hook.environment).empty());
    CHECK(hook.inherit == 0);
    // Inside the container the default is the program's environment.
    CHECK(plan.steps()[plan.steps().size() - 3].hook.inherit == 1);
}

TEST_CASE("a path that is listed twice is covered once") {
    Fixture fixture;
    fixture.config.linux.masked_paths = {"/a", "/b", "//a/", "/a"};
    const Plan plan = fixture.plan();
    std::vector<std::string> masked;
    for (const Step& step : plan.steps())
        if (step.kind == Kind::mask) masked.emplace_back(plan.text(step.path.path));
    CHECK(masked == std::vector<std::string>{"a", "b"});
}

TEST_CASE("every step of a plan has a description") {
    const Plan plan = Fixture().plan();
    for (const Step& step : plan.steps()) {
        const std::string words = describe(plan, step);
        CHECK(words != "unknown step");
        CHECK_FALSE(words.empty());
    }
}
