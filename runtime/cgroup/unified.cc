#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/cgroup/controllers.h"

namespace crux::cgroup {

namespace {

/// CONTROLLER.PARAMETER in the characters of cgroup file names, so never a path (R8).
bool is_parameter(std::string_view key) {
    auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    };
    std::size_t dot = key.find('.');
    return dot != std::string_view::npos && dot != 0 && dot + 1 < key.size() &&
           std::ranges::all_of(key, fits);
}

/// Files that act on processes instead of storing a value: written here they would move processes
/// of the host into the cgroup, or kill or freeze the container before it exists.
bool acts(std::string_view key) {
    constexpr std::string_view kActing[] = {"cgroup.procs", "cgroup.threads", "cgroup.kill",
                                            "cgroup.freeze"};
    return std::ranges::find(kActing, key) != std::end(kActing);
}

Status check_key(const std::string& key, const std::string& origin) {
    if (key.find('/') != std::string_view::npos)
        return LimitsBuilder::refuse(
            origin, cat("unified resource ", quoted(key), " must be a file name (no slashes)"));
    if (!is_parameter(key))
        return LimitsBuilder::refuse(origin, cat("unified resource ", quoted(key),
                                                 " must be in the form CONTROLLER.PARAMETER"));
    if (acts(key))
        return LimitsBuilder::refuse(origin, cat("unified resource ", quoted(key),
                                                 " is not supported: it acts on processes"));
    return {};
}

Result<ControllerLocation> home_of(const LimitsBuilder& builder, const std::string& key,
                                   const std::string& origin) {
    int unified = unified_dir(builder.dirs());
    std::string_view controller = std::string_view(key).substr(0, key.find('.'));
    auto dir = static_cast<std::uint32_t>(unified);
    if (unified >= 0 && (controller == "cgroup" || builder.dirs()[dir].has(controller)))
        return ControllerLocation{.dir = dir, .version = 2};
    bool has_v1 = !builder.dirs().empty() && builder.dirs().front().version == 1;
    if (has_v1)
        return LimitsBuilder::refuse(
            origin, cat("invalid configuration: cannot use unified on cgroup v1 (the ",
                        "unified hierarchy does not have controller ", quoted(controller), ")"));
    return std::unexpected(Error(Error::Kind::unsupported,
                                 cat("unified resource ", quoted(key), " can't be set: controller ",
                                     quoted(controller), " not available"))
                               .at(origin));
}

}  // namespace

Status add_unified(LimitsBuilder& builder, const oci::StringMap& unified) {
    for (const auto& [key, value] : unified) {
        std::string origin = builder.origin(cat("/unified/", pointer_token(key)));
        TRY(check_key(key, origin));
        ControllerLocation location = TRY(home_of(builder, key, origin));
        // These files accept one line for each write.
        for (std::string_view line : split(value, '\n'))
            if (!line.empty() || value.empty())
                builder.add(location, key, std::string(line), origin);
    }
    return {};
}

}  // namespace crux::cgroup
