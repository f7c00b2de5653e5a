#include "runtime/plan/mount_options.h"

#include <algorithm>
#include <array>

#include "oci-spec/vocabulary.h"

namespace crux::plan {

std::uint32_t tree_propagation(oci::Propagation wanted) {
    switch (wanted) {
        // Shared mounts stay peers of the host's: a mount made in a volume appears on the host.
        case oci::Propagation::shared:
        case oci::Propagation::rshared:
            return propagation_byte(wanted);
        // Nothing can be bind-mounted from an unbindable tree, so the root becomes unbindable last.
        case oci::Propagation::private_:
        case oci::Propagation::rprivate:
        case oci::Propagation::unbindable:
        case oci::Propagation::runbindable:
            return propagation_byte(oci::Propagation::rprivate);
        // The host's mounts propagate to the container, the container's do not propagate back.
        case oci::Propagation::none:
        case oci::Propagation::slave:
        case oci::Propagation::rslave:
            break;
    }
    // The whole tree, even if config.json changes only the root: through a mount below it that
    // stayed shared, the unmount of the old root would propagate to the host.
    return propagation_byte(oci::Propagation::rslave);
}

std::uint32_t parent_propagation(oci::Propagation wanted) {
    // pivot_root(2) refuses a root whose parent mount is shared, and mounts of the container below
    // a copy of a shared mount would propagate to the host.
    const bool slave = wanted == oci::Propagation::slave || wanted == oci::Propagation::rslave;
    return slave ? kSlave : kPrivate;
}

std::uint32_t root_propagation(oci::Propagation wanted) {
    switch (wanted) {
        case oci::Propagation::shared:
        case oci::Propagation::rshared:
        case oci::Propagation::unbindable:
        case oci::Propagation::runbindable:
            return propagation_byte(wanted);
        case oci::Propagation::none:
        case oci::Propagation::slave:
        case oci::Propagation::rslave:
        case oci::Propagation::private_:
        case oci::Propagation::rprivate:
            break;
    }
    return kNoPropagation;
}

Attributes attributes_of(const oci::MountOptions& options) {
    return {
        .set = static_cast<std::uint32_t>(options.attributes.set),
        .clear = static_cast<std::uint32_t>(options.attributes.clear),
        .recursive_set = static_cast<std::uint32_t>(options.recursive_attributes.set),
        .recursive_clear = static_cast<std::uint32_t>(options.recursive_attributes.clear),
    };
}

Attributes attributes_with(std::uint64_t set) {
    return {
        .set = static_cast<std::uint32_t>(set),
        .clear = 0,
        .recursive_set = 0,
        .recursive_clear = 0,
    };
}

Attributes fresh_attributes(const oci::MountOptions& options) {
    const std::uint64_t set = (options.attributes.set & ~options.recursive_attributes.clear) |
                              options.recursive_attributes.set;
    return attributes_with(set);
}

namespace {

constexpr std::size_t kWishesInStep = 4;

std::uint32_t packed(std::span<const oci::Propagation> wanted) {
    std::uint32_t all = 0;
    for (std::size_t index = 0; index < wanted.size(); ++index)
        all |= propagation_byte(wanted[index]) << (8 * index);
    return all;
}

}  // namespace

std::uint32_t first_propagations(const std::vector<oci::Propagation>& wanted) {
    return packed(std::span(wanted).first(std::min(wanted.size(), kWishesInStep)));
}

std::vector<oci::Propagation> bind_propagations(const PlanDraft& draft,
                                                std::vector<oci::Propagation> wanted) {
    if (!draft.mount_namespace) wanted.insert(wanted.begin(), oci::Propagation::rslave);
    return wanted;
}

void add_later_propagations(PlanDraft& draft, const std::vector<oci::Propagation>& wanted,
                            std::string_view target, std::string_view origin) {
    for (std::size_t at = kWishesInStep; at < wanted.size(); at += kWishesInStep) {
        const std::size_t count = std::min(wanted.size() - at, kWishesInStep);
        const Text where = draft.out.text(target);
        draft.add(Kind::attributes, origin).attributes = {
            .target = where,
            .attributes = {},
            .propagation = packed(std::span(wanted).subspan(at, count)),
            .parameters = {},
        };
    }
}

namespace {

/// A superblock flag and the parameters that set and clear it (fs/fs_context.c). MS_SILENT has no
/// parameter: it only suppresses kernel log messages. MS_I_VERSION has none either: filesystems
/// with inode versions always maintain them (ext4 since Linux 6.1, before that with "i_version").
struct FlagWord {
    std::uint32_t bit;
    std::string_view set;
    std::string_view clear;
};
constexpr auto kFlagWords = std::array{
    FlagWord{oci::kMsRdonly, "ro", "rw"},
    FlagWord{oci::kMsSynchronous, "sync", "async"},
    FlagWord{oci::kMsDirsync, "dirsync", ""},
    FlagWord{oci::kMsMandlock, "mand", "nomand"},
    FlagWord{oci::kMsLazytime, "lazytime", "nolazytime"},
};

void add_flag(Assembler& out, std::vector<Parameter>& parameters, std::string_view key) {
    parameters.push_back({.key = out.text(key), .value = {}, .has_value = 0});
}

/// One "key" or "key=value". Double quotes around a value are removed, as by mount(2).
void add_word(Assembler& out, std::vector<Parameter>& parameters, std::string_view word) {
    if (word.empty()) return;
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) {
        add_flag(out, parameters, word);
        return;
    }
    std::string_view value = word.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    const Text key = out.text(word.substr(0, equals));
    parameters.push_back({.key = key, .value = out.text(value), .has_value = 1});
}

/// Options of the filesystem: one string of config.json may contain several, separated by commas.
/// A comma in quotes or after a backslash does not separate.
void add_data(Assembler& out, std::vector<Parameter>& parameters,
              const std::vector<std::string>& data) {
    for (const std::string& option : data) {
        std::size_t start = 0;
        bool in_quotes = false;
        for (std::size_t at = 0; at < option.size(); ++at) {
            if (option[at] == '"') in_quotes = !in_quotes;
            if (option[at] == '\\') {
                ++at;
            } else if (option[at] == ',' && !in_quotes) {
                add_word(out, parameters, std::string_view(option).substr(start, at - start));
                start = at + 1;
            }
        }
        if (start <= option.size())
            add_word(out, parameters, std::string_view(option).substr(start));
    }
}

/// Filesystems of the kernel itself. Containers may share one superblock of them, so only the
/// mount becomes read-only, never the superblock.
bool is_kernel_file_system(std::string_view type) {
    constexpr std::array<std::string_view, 7> kTypes = {
        "tmpfs", "proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2",
    };
    return std::ranges::find(kTypes, type) != kTypes.end();
}

bool names_mode(const std::vector<std::string>& data) {
    return std::ranges::any_of(data, [](const std::string& option) {
        return option.starts_with("mode=") || option.find(",mode=") != std::string::npos;
    });
}

}  // namespace

std::uint32_t superblock_flags(const oci::Mount& mount) {
    const std::uint32_t flags = mount.parsed.superblock_set;
    return is_kernel_file_system(mount.type) ? flags & ~oci::kMsRdonly : flags;
}

std::vector<Parameter> mount_parameters(Assembler& out, const oci::Mount& mount,
                                        std::string_view context) {
    std::vector<Parameter> parameters;
    const std::uint32_t flags = superblock_flags(mount);
    for (const FlagWord& word : kFlagWords)
        if ((flags & word.bit) != 0) add_flag(out, parameters, word.set);
    if ((flags & oci::kMsIVersion) != 0 && mount.type == "ext4")
        add_flag(out, parameters, "i_version");
    add_data(out, parameters, mount.parsed.data);
    if (!context.empty()) {
        const Text key = out.text("context");
        parameters.push_back({.key = key, .value = out.text(context), .has_value = 1});
    }
    return parameters;
}

std::vector<Parameter> remount_parameters(Assembler& out, const oci::MountOptions& options) {
    std::vector<Parameter> parameters;
    for (const FlagWord& word : kFlagWords) {
        if ((options.superblock_set & word.bit) != 0)
            add_flag(out, parameters, word.set);
        else if ((options.superblock_clear & word.bit) != 0 && !word.clear.empty())
            add_flag(out, parameters, word.clear);
    }
    add_data(out, parameters, options.data);
    return parameters;
}

std::string_view security_context(const PlanDraft& draft, const oci::Mount& mount) {
    // These filesystems label their files themselves.
    const bool own_labels = mount.type == "proc" || mount.type == "sysfs" || mount.type == "mqueue";
    if (own_labels || !draft.facts.selinux) return {};
    return draft.config.linux.mount_label;
}

std::uint16_t mount_flags(const oci::Mount& mount) {
    unsigned flags = 0;
    if (mount.type == "proc" || mount.type == "sysfs") flags |= kOnlyDirectory;
    if (mount.type == "tmpfs" && mount.parsed.tmpcopyup) flags |= kCopyUp;
    if (mount.type == "tmpfs" && !names_mode(mount.parsed.data)) flags |= kModeOfTarget;
    return static_cast<std::uint16_t>(flags);
}

Step& add_mount(PlanDraft& draft, const MountNames& names, List parameters,
                const Attributes& attributes, std::string_view origin) {
    const Text type = draft.out.text(names.type);
    const Text source = draft.out.text(names.source);
    const Text target = draft.out.text(names.target);
    Step& step = draft.add(Kind::mount, origin);
    step.mount = {
        .type = type,
        .source = source,
        .target = target,
        .parameters = parameters,
        .call = {},
        .attributes = attributes,
        .propagation = kNoPropagation,
        .flags = 0,
        .idmap = kNoSlot,
    };
    return step;
}

Step& add_bind(PlanDraft& draft, std::string_view source, std::string_view target,
               const Attributes& attributes, std::string_view origin) {
    const Text from = draft.out.text(source);
    const Text to = draft.out.text(target);
    Step& step = draft.add(Kind::bind, origin);
    step.bind = {
        .source = from,
        .target = to,
        .attributes = attributes,
        .implied_clear = 0,
        .propagation = kNoPropagation,
        .flags = 0,
        .from = kNoSlot,
        .idmap = kNoSlot,
    };
    return step;
}

}  // namespace crux::plan
