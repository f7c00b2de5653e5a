#include "runtime/seccomp/compile.h"

#include <seccomp.h>

#include <utility>

#include "runtime/base/suggest.h"
#include "runtime/base/text.h"
#include "runtime/seccomp/calls.h"
#include "runtime/seccomp/filter.h"
#include "runtime/seccomp/flags.h"

namespace crux::seccomp {

std::string libseccomp_version() {
    const scmp_version* version = seccomp_version();
    return cat(version->major, ".", version->minor, ".", version->micro);
}

std::vector<std::string> with_suggestions(const std::vector<std::string>& unknown) {
    std::vector<std::string> out;
    if (unknown.empty()) return out;
    const std::vector<std::string> known = native_calls();
    // A profile full of unknown names is not a misspelled one.
    constexpr std::size_t kMostSuggestions = 50;
    for (const std::string& name : unknown) {
        if (out.size() == kMostSuggestions) {
            out.push_back(cat("and ", unknown.size() - kMostSuggestions, " more"));
            break;
        }
        std::vector<std::string_view> close;
        for (const std::string_view call : known)
            if (!call.starts_with(name) && !std::string_view(name).starts_with(call) &&
                wrong_letters(name, call) <= 1)
                close.push_back(call);
        out.push_back(name + did_you_mean(name, close));
    }
    return out;
}

Result<BpfProgram> program_of(const oci::Seccomp& profile, Filter filter) {
    const bool listener = wants_listener(profile);
    if (listener && profile.listener_path.empty())
        return std::unexpected(Error(Error::Kind::spec, "is required with SCMP_ACT_NOTIFY")
                                   .at("/linux/seccomp/listenerPath"));
    BpfProgram program;
    program.flags = TRY(load_flags(profile));
    program.wants_listener = listener;
    program.instructions = std::move(filter.instructions);
    program.unknown_syscalls = std::move(filter.unknown_syscalls);
    return program;
}

Result<BpfProgram> compile(const oci::Seccomp& profile) {
    Filter filter = TRY(compile_filter(profile));
    return program_of(profile, std::move(filter));
}

}  // namespace crux::seccomp
