#include "runtime/plan/draft.h"

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"

namespace crux::plan {

std::string PlanDraft::of_process(std::string_view property) const {
    if (process_origin.empty()) return {};
    return cat(process_origin, property);
}

namespace {

bool is_clean(std::string_view path) {
    while (!path.empty()) {
        const std::size_t end = path.find('/');
        const std::string_view name = path.substr(0, end);
        if (name.empty() || name == "." || name == "..") return false;
        if (end == std::string_view::npos) return true;
        path.remove_prefix(end + 1);
        if (path.empty()) return false;
    }
    return true;
}

}  // namespace

std::string_view path_in_root(std::string_view path, std::string& scratch) {
    if (path.starts_with('/')) path.remove_prefix(1);
    if (is_clean(path)) return path;
    scratch.clear();
    for (const std::string_view name : split(path, '/')) {
        if (name.empty() || name == ".") continue;
        if (name == "..") {
            const std::size_t last = scratch.rfind('/');
            scratch.resize(last == std::string::npos ? 0 : last);
            continue;
        }
        if (!scratch.empty()) scratch += '/';
        scratch += name;
    }
    return scratch;
}

std::optional<std::string_view> below_rootfs(const PlanDraft& draft, std::string_view path) {
    const std::string_view rootfs = draft.rootfs;
    const bool below = rootfs.size() > 1 && path.starts_with(rootfs) &&
                       path.substr(rootfs.size()).starts_with('/');
    return below ? std::optional(path.substr(rootfs.size())) : std::nullopt;
}

std::string id_map_text(const std::vector<oci::IdMapping>& mappings) {
    std::string text;
    for (const oci::IdMapping& mapping : mappings)
        text += cat(mapping.container_id, ' ', mapping.host_id, ' ', mapping.size, '\n');
    return text;
}

std::uint32_t propagation_byte(oci::Propagation propagation) {
    switch (propagation) {
        case oci::Propagation::none:
            return kNoPropagation;
        case oci::Propagation::shared:
            return kShared;
        case oci::Propagation::rshared:
            return kShared | kPropagateRecursive;
        case oci::Propagation::slave:
            return kSlave;
        case oci::Propagation::rslave:
            return kSlave | kPropagateRecursive;
        case oci::Propagation::private_:
            return kPrivate;
        case oci::Propagation::rprivate:
            return kPrivate | kPropagateRecursive;
        case oci::Propagation::unbindable:
            return kUnbindable;
        case oci::Propagation::runbindable:
            return kUnbindable | kPropagateRecursive;
    }
    return kNoPropagation;
}

Result<SlotIndex> take_slot(PlanDraft& draft, SlotUse use) {
    constexpr std::size_t kMost = kSlotCount - static_cast<std::size_t>(kFirstFreeSlot);
    use.slot = draft.out.take_slot();
    if (use.slot == kNoSlot)
        return std::unexpected(
            Error(Error::Kind::unsupported,
                  cat("exceeds the limit of ", kMost, " file descriptors that crux passes to init"))
                .at(use.origin));
    draft.host.slots.push_back(std::move(use));
    return draft.host.slots.back().slot;
}

Namespace layout_type(oci::NamespaceType type) {
    return static_cast<Namespace>(oci::namespace_word(type).clone_flag);
}

}  // namespace crux::plan
