#include "runtime/plan/long_values.h"

#include <algorithm>
#include <array>
#include <optional>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/mount_options.h"

namespace crux::plan {

namespace {

/// The longest key, value or source that fsconfig(2) accepts.
constexpr std::size_t kMostInParameter = 255;

bool is_long(const Parameter& parameter) {
    return parameter.key.length > kMostInParameter || parameter.value.length > kMostInParameter;
}

std::string_view text_of(const PlanDraft& draft, Text text) {
    return draft.out.pool().substr(text.offset, text.length);
}

/// The pointer of the option that contains this text.
std::string option_with(const oci::Mount& mount, std::string_view text, const std::string& origin) {
    const auto found = std::ranges::find_if(
        mount.options, [&](const std::string& option) { return option.contains(text); });
    if (found == mount.options.end()) return origin;
    return cat(origin, "/options/", found - mount.options.begin());
}

struct Layer {
    std::string path;
    bool only_data = false;
};

/// The directories of the option "lowerdir" (Documentation/filesystems/overlayfs.rst): a colon
/// separates them, two colons begin one that has only data, and a backslash takes the meaning from
/// the next character. Nothing for a list that overlayfs rejects.
std::optional<std::vector<Layer>> layers_of(std::string_view list) {
    std::vector<Layer> layers(1);
    for (std::size_t at = 0; at < list.size(); ++at) {
        if (list[at] != ':') {
            if (list[at] == '\\') ++at;
            if (at < list.size()) layers.back().path += list[at];
            continue;
        }
        const bool only_data = list.substr(at + 1).starts_with(':');
        if (layers.back().path.empty() || (layers.back().only_data && !only_data)) return {};
        if (only_data) ++at;
        layers.push_back({.path = {}, .only_data = only_data});
    }
    if (layers.back().path.empty()) return {};
    return layers;
}

bool is_layer_list(const PlanDraft& draft, const Parameter& parameter) {
    constexpr std::array<std::string_view, 3> kKeys = {"lowerdir", "lowerdir+", "datadir+"};
    return std::ranges::find(kKeys, text_of(draft, parameter.key)) != kKeys.end();
}

/// Replaces a "lowerdir" by one parameter for each directory; false if the kernel would not read
/// them as it reads the list.
bool split_layers(PlanDraft& draft, std::vector<Parameter>& parameters) {
    // "lowerdir+" and "datadir+"
    if (!draft.facts.kernel.at_least(6, 8)) return false;
    const auto is_list = [&](const Parameter& one) { return is_layer_list(draft, one); };
    const auto list = std::ranges::find_if(parameters, is_list);
    // The last one of several lists counts, and lists cannot be mixed with single directories.
    if (list == parameters.end() || std::ranges::count_if(parameters, is_list) != 1 ||
        text_of(draft, list->key) != "lowerdir")
        return false;
    const auto layers = layers_of(std::string(text_of(draft, list->value)));
    if (!layers) return false;
    std::vector<Parameter> single;
    for (const Layer& layer : *layers) {
        const Text key = draft.out.text(layer.only_data ? "datadir+" : "lowerdir+");
        single.push_back({.key = key, .value = draft.out.text(layer.path), .has_value = 1});
    }
    const auto place = parameters.erase(list);
    parameters.insert(place, single.begin(), single.end());
    return true;
}

/// The options as mount(2) receives them.
std::string data_of(const PlanDraft& draft, const oci::Mount& mount) {
    std::string data = join(mount.parsed.data, ",");
    const std::string_view context = security_context(draft, mount);
    // A label can contain commas.
    if (!context.empty()) data += cat(data.empty() ? "" : ",", "context=\"", context, '"');
    return data;
}

/// The attributes of a mount as flags of mount(2).
std::uint32_t mount_call_flags(const Attributes& attributes) {
    struct Flag {
        std::uint64_t attribute;
        std::uint32_t flag;
    };
    constexpr auto kFlags = std::array{
        Flag{oci::kMountAttrRdonly, oci::kMsRdonly}, Flag{oci::kMountAttrNosuid, 1U << 1U},
        Flag{oci::kMountAttrNodev, 1U << 2U},        Flag{oci::kMountAttrNoexec, 1U << 3U},
        Flag{oci::kMountAttrNosymfollow, 1U << 8U},  Flag{oci::kMountAttrNoatime, 1U << 10U},
        Flag{oci::kMountAttrNodiratime, 1U << 11U},  Flag{oci::kMountAttrStrictatime, 1U << 24U},
    };
    std::uint32_t flags = 0;
    for (const Flag& flag : kFlags)
        if ((attributes.set & flag.attribute) != 0) flags |= flag.flag;
    return flags;
}

/// Whether other processes could see, or mounts of the host could receive, what init mounts in its
/// own tree.
bool shares_tree(const PlanDraft& draft) {
    const oci::Namespace* mounts =
        oci::find_namespace(draft.config.linux, oci::NamespaceType::mount);
    const oci::Propagation wanted = draft.config.linux.rootfs_propagation;
    return mounts == nullptr || !mounts->path.empty() || wanted == oci::Propagation::shared ||
           wanted == oci::Propagation::rshared;
}

/// mount(2) copies one page, which ends with NUL.
Status check_length(const PlanDraft& draft, const oci::Mount& mount, std::string_view data,
                    const std::string& origin) {
    const std::size_t most = draft.facts.page_size - 1;
    if (data.size() <= most) return {};
    const auto longest = std::ranges::max_element(mount.parsed.data, {}, &std::string::size);
    const bool has_options = longest != mount.parsed.data.end();
    return std::unexpected(
        Error(Error::Kind::unsupported,
              cat("exceeds the limit of ", most,
                  " bytes for all options of a filesystem on this host: they have ", data.size()))
            .at(has_options ? option_with(mount, *longest, origin) : "/linux/mountLabel"));
}

Result<List> call_of(PlanDraft& draft, const oci::Mount& mount, const Attributes& attributes,
                     const std::string& origin) {
    const std::string data = data_of(draft, mount);
    TRY(check_length(draft, mount, data, origin));
    constexpr std::uint32_t kRemountOfMount = (1U << 5U) | (1U << 12U);  // MS_REMOUNT, MS_BIND
    const std::uint32_t superblock = superblock_flags(mount);
    const std::uint32_t own = mount_call_flags(attributes);
    // The first call makes both the filesystem and the mount read-only, or neither.
    const bool is_exact = ((superblock ^ own) & oci::kMsRdonly) == 0;
    const MountCall call = {
        .data = draft.out.text(data),
        .flags = superblock | (own & ~oci::kMsRdonly),
        .remount_flags = is_exact ? 0 : own | kRemountOfMount,
        .apart = shares_tree(draft) ? 1U : 0U,
    };
    return draft.out.list(std::span(&call, 1));
}

}  // namespace

Result<Configuration> configuration_of(PlanDraft& draft, const oci::Mount& mount,
                                       const Attributes& attributes, const std::string& origin) {
    std::vector<Parameter> parameters =
        mount_parameters(draft.out, mount, security_context(draft, mount));
    Configuration configuration;
    const bool long_source = mount.source.size() > kMostInParameter;
    if (long_source || std::ranges::any_of(parameters, is_long)) {
        std::vector<Parameter> single = parameters;
        if (!long_source && mount.type == "overlay" && split_layers(draft, single) &&
            std::ranges::none_of(single, is_long))
            parameters = std::move(single);
        else
            configuration.call = TRY(call_of(draft, mount, attributes, origin));
    }
    configuration.parameters = draft.out.list(std::span<const Parameter>(parameters));
    return configuration;
}

Status check_remount(const PlanDraft& draft, const oci::Mount& mount,
                     std::span<const Parameter> parameters, const std::string& origin) {
    const auto found = std::ranges::find_if(parameters, is_long);
    if (found == parameters.end()) return {};
    const bool long_value = found->value.length > kMostInParameter;
    const std::string_view text = text_of(draft, long_value ? found->value : found->key);
    return std::unexpected(
        Error(Error::Kind::unsupported, cat("exceeds the limit of ", kMostInParameter,
                                            " bytes for an option of a remount: has ", text.size()))
            .at(option_with(mount, text, origin)));
}

}  // namespace crux::plan
