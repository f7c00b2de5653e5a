#include <algorithm>

#include "oci-spec/extensions.h"
#include "oci-spec/rule_list.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

// __NEW_UTS_LEN of linux/utsname.h: the limit of sethostname(2).
constexpr std::size_t kMaxHostName = 64;

void check_host_name(const std::string& name, std::string_view property, bool private_uts,
                     Diagnostics& out) {
    if (name.empty()) return;
    if (!private_uts)
        out.error(cat('/', property),
                  cat("unable to set ", property, " without a private UTS namespace"));
    if (name.size() > kMaxHostName)
        out.error(cat('/', property), cat("must not be longer than ", kMaxHostName, " bytes"));
}

// CamelCase words, as in systemd.exec(5). Other text cannot be a property, and could be
// misinterpreted in the request to systemd.
bool is_systemd_property(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
}

template <class Function>
void for_each_hook(const Config& config, const Function& function) {
    for (const auto& [name, list] : kHooks) {
        std::size_t index = 0;
        for (const Hook& hook : config.hooks.*list)
            function(hook, cat("/hooks/", name, '/', index++));
    }
}

}  // namespace

void check_host_names(const Config& config, Diagnostics& out) {
    const bool private_uts = find_namespace(config.linux, NamespaceType::uts) != nullptr;
    check_host_name(config.hostname, "hostname", private_uts, out);
    check_host_name(config.domainname, "domainname", private_uts, out);
}

void check_annotations(const Config& config, Diagnostics& out) {
    constexpr std::string_view kSystemd = "org.systemd.property.";
    for (const auto& [key, value] : config.annotations) {
        if (key.empty()) out.error("/annotations/", "key must not be empty");
        if (key.starts_with(kSystemd) && !is_systemd_property(key.substr(kSystemd.size())))
            out.error(cat("/annotations", pointer_token(key)),
                      "is not a valid name of a systemd property");
        if (key == kStopSignalAnnotation && parse_signal(value).value_or(0) == 0)
            note_or_warn(value.empty(), cat("/annotations", pointer_token(key)),
                         cat("ignored: ", quoted(value), " is not a signal"), out);
    }
    if (config.extensions.keep_groups && config.process &&
        !config.process->user.additional_gids.empty())
        out.warn("/process/user/additionalGids",
                 cat("is ignored: the annotation ", kKeepGroupsAnnotation,
                     " keeps the caller's groups"));
    const bool private_user = find_namespace(config.linux, NamespaceType::user) != nullptr;
    if (config.extensions.root_idmap && !private_user)
        out.error(cat("/annotations", pointer_token(kRootIdmapAnnotation)),
                  "requires a user namespace to map the IDs of the root filesystem");
}

void check_hook_paths(const Config& config, Diagnostics& out) {
    for_each_hook(config, [&](const Hook& hook, const std::string& at) {
        if (!hook.path.starts_with('/'))
            out.error(cat(at, "/path"), cat("must be an absolute path, not ", quoted(hook.path)));
    });
}

void check_hook_timeouts(const Config& config, Diagnostics& out) {
    for_each_hook(config, [&](const Hook& hook, const std::string& at) {
        if (hook.timeout && *hook.timeout <= 0)
            out.error(cat(at, "/timeout"),
                      cat("must be greater than zero seconds, not ", *hook.timeout));
    });
}

void check_hook_environments(const Config& config, Diagnostics& out) {
    for_each_hook(config, [&](const Hook& hook, const std::string& at) {
        if (!hook.env) return;
        for (std::size_t index = 0; index < hook.env->size(); ++index)
            if ((*hook.env)[index].find('=') == std::string::npos)
                out.warn(cat(at, "/env/", index),
                         cat("should have the form NAME=VALUE, not ", quoted((*hook.env)[index])));
    });
}

}  // namespace crux::oci
