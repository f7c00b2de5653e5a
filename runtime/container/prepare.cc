#include "runtime/container/prepare.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>

#include "oci-spec/config.h"
#include "oci-spec/rules.h"
#include "runtime/base/text.h"
#include "runtime/container/capabilities.h"
#include "runtime/container/cgroup_config.h"
#include "runtime/container/store.h"
#include "runtime/container/terminals.h"
#include "runtime/host/read.h"
#include "runtime/plan/explain.h"
#include "runtime/seccomp/cache.h"
#include "runtime/seccomp/compile.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/systemd/properties.h"

namespace crux::container {

namespace {

std::string joined(const std::string& directory, const std::string& path) {
    if (!path.empty() && path.front() == '/') return path;
    return cat(directory, '/', path);
}

/// systemd's socket activation: meant for us only if it names us. As in runc, a text that is not a
/// number counts as none.
Result<unsigned> activation_descriptors() {
    const char* pid = std::getenv("LISTEN_PID");
    const char* count = std::getenv("LISTEN_FDS");
    if (pid == nullptr || count == nullptr) return 0;
    if (to_number<int>(pid) != ::getpid()) return 0;
    const std::string_view text = count;
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return 0;
    const auto number = to_number<unsigned>(text);
    if (number.value_or(kMostPreserved + 1) <= kMostPreserved) return number.value_or(0);
    return fail(Error::Kind::usage, cat("LISTEN_FDS: invalid value ", quoted(text),
                                        ": must be from 0 to ", kMostPreserved));
}

void take_warnings(const oci::Diagnostics& diagnostics, const Context& context) {
    for (const oci::Diagnostic& diagnostic : diagnostics.warnings())
        diagnostic.quiet ? context.note(oci::describe(diagnostic))
                         : context.warn(oci::describe(diagnostic));
}

Result<seccomp::BpfProgram> compile(const oci::Seccomp& profile, const StateRoot& state_root) {
    if (state_root.path.empty()) return seccomp::compile(profile);
    auto root = open_root(state_root);
    if (!root) return seccomp::compile(profile);
    auto cache = seccomp::open_cache(*root);
    if (!cache) return seccomp::compile(profile);
    return seccomp::compile_cached(profile, *cache);
}

}  // namespace

Result<seccomp::BpfProgram> compiled(const Context& context, const oci::Config& config) {
    constexpr std::string_view kPlace = "/linux/seccomp/syscalls";
    seccomp::BpfProgram program = TRY(compile(*config.linux.seccomp, context.state_root));
    if (!program.unknown_syscalls.empty()) {
        // Too slow for create; explain and validate have no state root.
        const bool suggests = context.state_root.path.empty();
        const std::vector<std::string>& unknown = program.unknown_syscalls;
        const std::string names =
            join(suggests ? seccomp::with_suggestions(unknown) : unknown, ", ");
        if (config.extensions.refuse_unknown_calls)
            return std::unexpected(
                Error(Error::Kind::spec, cat("libseccomp does not know: ", names)).at(kPlace));
        context.warn(cat(kPlace, ": libseccomp does not know, and leaves out: ", names));
    }
    if (!program.cache_warning.empty()) context.warn(program.cache_warning);
    return program;
}

std::span<const std::uint64_t> instructions_of(const seccomp::BpfProgram& program) {
    static_assert(sizeof(seccomp::Instruction) == sizeof(std::uint64_t));
    return {reinterpret_cast<const std::uint64_t*>(program.instructions.data()),
            program.instructions.size()};
}

void log_plan(const plan::Plan& plan, StepLog* step_log) {
    if (step_log == nullptr) return;
    for (const std::string& line : plan::explain_lines(plan)) step_log->log(line);
    // As a number too, in runc's words: logs are searched for it.
    for (const plan::Step& step : plan.steps())
        if (step.kind == plan::Kind::seccomp)
            step_log->log(cat("seccomp filter flags: ", step.seccomp.flags));
}

Status limit_resources(const plan::Plan& plan, pid_t pid) {
    for (std::size_t i = 0; i < plan.host.rlimits.size(); ++i) {
        const oci::Rlimit& limit = plan.host.rlimits[i];
        const struct ::rlimit wanted = {limit.soft, limit.hard};
        TRY(sys::prlimit(pid, static_cast<int>(limit.type), &wanted)
                .during("set a resource limit")
                .at(cat("/process/rlimits/", i)));
    }
    return {};
}

Result<std::string> read_config_text(const std::string& bundle, const std::string& file) {
    const std::string name = file.empty() ? kConfigName : file;
    const std::string place = joined(bundle, name);
    // Not blocking: a FIFO in its place must not stop anything.
    auto opened = sys::openat(sys::FdRef::cwd(), place, O_RDONLY | O_NONBLOCK);
    if (!opened && opened.error().value == ENOENT)
        return fail(Error::Kind::spec, cat("JSON specification file ", name, " not found"));
    const sys::Fd config = TRY(std::move(opened).during(place));
    const struct ::stat status = TRY(sys::fstat(config).during(place));
    if (!S_ISREG(status.st_mode))
        return fail(Error::Kind::spec, cat(place, " is not a regular file"));
    return sys::read_to_end(config).during(place);
}

Result<Bundle> read_bundle(const std::string& path, const std::string& file) {
    Bundle bundle;
    bundle.path = path;
    bundle.config_text = TRY(read_config_text(path, file));
    oci::Parsed parsed = oci::checked_config(bundle.config_text);
    if (parsed.diagnostics.has_errors()) return std::unexpected(parsed.diagnostics.to_error());
    bundle.config = std::move(parsed.config);
    bundle.diagnostics = std::move(parsed.diagnostics);
    bundle.rootfs = joined(path, bundle.config.root.path);
    return bundle;
}

namespace {

/// Where the container's cgroup goes and what it limits, and the unit where systemd makes it.
Status place_cgroup(const Context& context, const CreateOptions& options, Prepared& prepared,
                    plan::Inputs& inputs) {
    const oci::Config& config = prepared.bundle.config;
    if (options.no_cgroup) return check_without_cgroup(context, config, prepared.facts);
    std::string path = config.linux.cgroups_path;
    if (options.systemd_cgroup) {
        systemd::Unit unit = TRY(systemd::unit_for(path, context.id, prepared.facts.cgroup,
                                                   is_rootless(context, prepared.facts)));
        unit.below = TRY(systemd::subgroup_of(config.annotations));
        path = unit.path + unit.below;
        inputs.unit = cat(unit.name, " in ", unit.slice);
        prepared.unit = std::move(unit);
    }
    CgroupConfig cgroup_config = TRY(cgroup_config_for(context, config, prepared.facts, path));
    if (prepared.unit) systemd::round_up_quota(cgroup_config.limits.settings);
    inputs.cgroup = std::move(cgroup_config.dirs);
    inputs.limits = std::move(cgroup_config.limits);
    return {};
}

}  // namespace

Result<Prepared> prepare(const Context& context, Bundle bundle, const CreateOptions& options,
                         bool foreground_terminal) {
    TRY(check_terminal(bundle.config.process ? &*bundle.config.process : nullptr,
                       options.console_socket, foreground_terminal));
    take_warnings(bundle.diagnostics, context);
    Prepared prepared;
    prepared.bundle = std::move(bundle);
    oci::Config& config = prepared.bundle.config;
    if (config.process && config.process->capabilities)
        keep_grantable(context, *config.process->capabilities, has_user_namespace(config),
                       "/process");
    prepared.facts = TRY(host::read_facts());

    plan::Inputs inputs;
    inputs.config = &config;
    inputs.facts = &prepared.facts;
    inputs.id = context.id;
    inputs.bundle = prepared.bundle.path;
    inputs.rootfs = prepared.bundle.rootfs;
    seccomp::BpfProgram program;
    if (config.linux.seccomp) {
        program = TRY(compiled(context, config));
        inputs.seccomp_program = instructions_of(program);
        inputs.seccomp_flags = program.flags;
    }
    TRY(place_cgroup(context, options, prepared, inputs));
    inputs.no_pivot = options.no_pivot;
    inputs.no_new_keyring = options.no_new_keyring;
    inputs.preserve_fds = options.preserve_fds;
    inputs.listen_fds = TRY(activation_descriptors());
    inputs.console_socket = options.console_socket;
    inputs.foreground_terminal = foreground_terminal;
    prepared.plan = TRY(plan::build(inputs));
    log_plan(prepared.plan, context.step_log);
    return prepared;
}

}  // namespace crux::container
