#include <algorithm>

#include "oci-spec/idmap_option.h"
#include "oci-spec/parsers.h"

namespace crux::oci {

namespace {

const MountOptionWord* find_option(std::string_view name) {
    for (const MountOptionWord& word : kMountOptions)
        if (word.name == name) return &word;
    return nullptr;
}

void set_bits(MountAttributes& attributes, std::uint64_t bits) {
    attributes.set |= bits;
    attributes.clear &= ~bits;
}

void clear_bits(MountAttributes& attributes, std::uint64_t bits) {
    attributes.set &= ~bits;
    attributes.clear |= bits;
}

// The kernel accepts a change of the access time mode only if the whole mask is cleared.
void set_atime(MountAttributes& attributes, std::uint64_t mode) {
    clear_bits(attributes, kMountAttrAtimeMask);
    attributes.set |= mode;
}

// "nostrictatime" reverts "strictatime" and does not change another mode, as if flags were cleared
// one by one (mount(8)). relatime is the default and cannot be cleared. For a single mount, a mode
// that no option selected remains unchanged (mount(8), remount).
void clear_atime(MountAttributes& attributes, std::uint64_t mode, bool tree) {
    if (mode == kMountAttrRelatime) return;
    const std::uint64_t chosen = attributes.set & kMountAttrAtimeMask;
    if (tree || chosen == mode) set_atime(attributes, chosen == mode ? kMountAttrRelatime : chosen);
}

void set_superblock(MountOptions& out, std::uint32_t flags) {
    out.superblock_set |= flags;
    out.superblock_clear &= ~flags;
}

void clear_superblock(MountOptions& out, std::uint32_t flags) {
    out.superblock_set &= ~flags;
    out.superblock_clear |= flags;
}

void apply(const MountOptionWord& word, MountOptions& out) {
    const bool tree = word.depth == Depth::tree;
    MountAttributes& attributes = tree ? out.recursive_attributes : out.attributes;
    const auto flags = static_cast<std::uint32_t>(word.bits);
    switch (word.kind) {
        case MountOptionKind::nothing:
            break;
        case MountOptionKind::attribute_set:
            set_bits(attributes, word.bits);
            break;
        case MountOptionKind::attribute_clear:
            clear_bits(attributes, word.bits);
            break;
        case MountOptionKind::atime_set:
            set_atime(attributes, word.bits);
            break;
        case MountOptionKind::atime_clear:
            clear_atime(attributes, word.bits, tree);
            break;
        case MountOptionKind::superblock_set:
            set_superblock(out, flags);
            break;
        case MountOptionKind::superblock_clear:
            clear_superblock(out, flags);
            break;
        case MountOptionKind::readonly:
            set_bits(attributes, word.bits);
            set_superblock(out, kMsRdonly);
            break;
        case MountOptionKind::writable:
            clear_bits(attributes, word.bits);
            clear_superblock(out, kMsRdonly);
            break;
        case MountOptionKind::bind:
            // They add up, as with runc: CRI-O appends "bind" to the options of every volume.
            if (out.bind != BindOption::rbind)
                out.bind = tree ? BindOption::rbind : BindOption::bind;
            break;
        case MountOptionKind::remount:
            out.remount = true;
            break;
        case MountOptionKind::idmap:
            out.idmap = tree ? IdMapOption::ridmap : IdMapOption::idmap;
            break;
        case MountOptionKind::tmpcopyup:
            out.tmpcopyup = true;
            break;
    }
}

}  // namespace

MountOptions parse_mount_options(const std::vector<std::string>& options) {
    MountOptions out;
    for (const std::string& option : options) {
        if (const MountOptionWord* word = find_option(option))
            apply(*word, out);
        else if (const auto propagation = value_of(kPropagations, option))
            out.propagation.push_back(*propagation);
        else if (is_idmap_option(option))
            out.idmap = IdMapOption::idmap;
        else if (!option.empty())
            out.data.push_back(option);
    }
    return out;
}

Mount read_mount(const Reader& r) {
    Mount mount{
        .destination = r["destination"].required_string(),
        .source = r["source"].string(),
        .options = r["options"].strings(),
        .parsed = {},
        .type = r["type"].string(),
        .uid_mappings = r["uidMappings"].objects(read_id_mapping),
        .gid_mappings = r["gidMappings"].objects(read_id_mapping),
    };
    mount.parsed = parse_mount_options(mount.options);
    // Errors of the list have been reported.
    if (std::ranges::any_of(mount.options, is_idmap_option))
        (void)r["options"].list([&](const Reader& option) {
            read_idmap_option(option, mount);
            return true;
        });
    return mount;
}

}  // namespace crux::oci
