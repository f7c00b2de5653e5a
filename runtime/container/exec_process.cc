#include "runtime/container/exec_process.h"

#include "oci-spec/config.h"
#include "oci-spec/rules.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
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
        const auto number = oci::capability_number(name);
        if (!number) return fail(Error::Kind::usage, cat("unknown capability ", quoted(name)));
        if (!process.capabilities) process.capabilities.emplace();
        oci::Capabilities& sets = *process.capabilities;
        const oci::CapabilitySet bit = oci::capability_bit(*number);
        sets.bounding |= bit;
        sets.effective |= bit;
        sets.permitted |= bit;
        // An ambient capability has to be inheritable too; nothing becomes inheritable on its own
        // (CVE-2022-29162).
        if (sets.inheritable != 0) sets.ambient |= bit & sets.inheritable;
    }
    return {};
}

/// "CONTROLLER[,CONTROLLER…]:PATH", or a path alone for all.
struct SubCgroup {
    std::vector<std::string_view> controllers;
    std::string_view path;
};

SubCgroup parse_sub_cgroup(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return {{}, text};
    return {split(text.substr(0, colon), ','), text.substr(colon + 1)};
}

Status check_sub_path(std::string_view path) {
    for (const std::string_view part : split(path, '/'))
        if (part == "..") return fail(Error::Kind::usage, cat("bad sub cgroup path: ", path));
    return {};
}

Status move_down(std::vector<cgroup::Place>& places, const SubCgroup& sub) {
    TRY(check_sub_path(sub.path));
    const std::string below(trimmed(sub.path));
    const auto apply = [&](cgroup::Place& place) {
        if (!below.empty() && below != "/") place.path += below[0] == '/' ? below : '/' + below;
    };
    if (sub.controllers.empty()) {
        for (cgroup::Place& place : places)
            if (place.version == 2) apply(place);
        return {};
    }
    for (const std::string_view controller : sub.controllers) {
        const int found = cgroup::find_place(places, controller, controller);
        if (controller.empty())
            return fail(Error::Kind::usage,
                        "invalid --cgroup argument: (empty <controller> prefix)");
        if (found < 0) return fail(Error::Kind::usage, cat("unknown controller ", controller));
        apply(places[static_cast<std::size_t>(found)]);
    }
    return {};
}

bool is_v2(const std::vector<cgroup::Place>& places) {
    return places.size() == 1 && places[0].version == 2;
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
    if (options.no_new_privileges) process.no_new_privileges = true;
    TRY(add_capabilities(process, options.capabilities));
    TRY(check(process, {}));
    return process;
}

Result<std::vector<cgroup::Place>> exec_places(std::vector<cgroup::Place> places,
                                               const std::vector<std::string>& cgroups) {
    for (const std::string& text : cgroups) {
        const SubCgroup sub = parse_sub_cgroup(text);
        if (!is_v2(places) && sub.controllers.empty())
            return fail(Error::Kind::usage, cat("invalid --cgroup argument: ", text,
                                                " (missing <controller>: prefix)"));
        TRY(move_down(places, sub));
    }
    return places;
}

}  // namespace crux::container
