#include "runtime/container/exec_process.h"

#include "oci-spec/config.h"
#include "oci-spec/rules.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/capability/names.h"
#include "runtime/sys/file.h"

namespace crux::container {

namespace {

Status check(const oci::Process& process, oci::Diagnostics diagnostics) {
    diagnostics.append_independent(oci::check_process(process, diagnostics));
    if (diagnostics.has_errors()) return std::unexpected(diagnostics.to_error());
    return {};
}

Result<oci::Process> read_process(const std::string& path) {
    const std::string text = TRY(sys::read_file(path).during(cat("process file ", path)));
    oci::ParsedProcess parsed = oci::parse_process(text);
    TRY(check(parsed.process, std::move(parsed.diagnostics)).during(cat("process file ", path)));
    return std::move(parsed.process);
}

Status add_capabilities(oci::Process& process, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        const auto number = capability::number_of(name);
        if (!number)
            return fail(Error::Kind::usage,
                        cat("unknown capability ", quoted(name), oci::capability_suggestion(name)));
        if (!process.capabilities) process.capabilities.emplace();
        oci::Capabilities& sets = *process.capabilities;
        const oci::CapabilitySet bit = capability::bit(*number);
        sets.bounding |= bit;
        sets.effective |= bit;
        sets.permitted |= bit;
        // An ambient capability has to be inheritable too; nothing becomes inheritable on its own
        // (CVE-2022-29162).
        if (sets.inheritable != 0) sets.ambient |= bit & sets.inheritable;
    }
    return {};
}

}  // namespace

Result<oci::Process> exec_process(const ExecOptions& options, const oci::Config& config) {
    if (!options.process_file.empty()) return read_process(options.process_file);
    if (options.args.empty()) return fail(Error::Kind::usage, "exec args cannot be empty");
    if (!config.process) return fail(Error::Kind::state, "process property must not be empty");
    oci::Process process = *config.process;
    process.terminal = options.tty;
    process.args = options.args;
    if (!options.cwd.empty()) process.cwd = options.cwd;
    process.env.insert(process.env.end(), options.env.begin(), options.env.end());
    if (options.uid) {
        process.user.uid = *options.uid;
        process.user.gid = options.gid.value_or(0);
    }
    for (const std::uint32_t gid : options.additional_gids)
        process.user.additional_gids.push_back(gid);
    if (!options.apparmor_profile.empty()) process.apparmor_profile = options.apparmor_profile;
    if (!options.selinux_label.empty()) process.selinux_label = options.selinux_label;
    if (options.no_new_privileges) process.no_new_privileges = *options.no_new_privileges;
    TRY(add_capabilities(process, options.capabilities));
    TRY(check(process, {}));
    return process;
}

}  // namespace crux::container
