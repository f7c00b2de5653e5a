#include "oci-spec/idmap_option.h"

#include <optional>

#include "oci-spec/reader.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

constexpr std::string_view kPrefix = "idmap=";

std::optional<IdMapping> mapping_of(std::string_view text) {
    const bool relative = text.starts_with('@');
    if (relative) text.remove_prefix(1);
    const std::vector<std::string_view> parts = split(text, '-');
    constexpr std::size_t kParts = 3;
    if (parts.size() != kParts) return std::nullopt;
    const auto inside = to_number<std::uint32_t>(parts[0]);
    const auto outside = to_number<std::uint32_t>(parts[1]);
    const auto size = to_number<std::uint32_t>(parts[2]);
    if (!inside || !outside || !size) return std::nullopt;
    return IdMapping{
        .container_id = *inside, .host_id = *outside, .size = *size, .relative = relative};
}

/// The list that a part "uids=…" is for; null for another part.
std::vector<IdMapping>* list_of(std::string_view& part, Mount& mount) {
    constexpr std::string_view kUsers = "uids=";
    constexpr std::string_view kGroups = "gids=";
    const bool is_users = part.starts_with(kUsers);
    if (!is_users && !part.starts_with(kGroups)) return nullptr;
    part.remove_prefix(kUsers.size());
    return is_users ? &mount.uid_mappings : &mount.gid_mappings;
}

void resolve(std::vector<IdMapping>& mappings, const std::vector<IdMapping>& container) {
    for (IdMapping& each : mappings) {
        if (!each.relative) continue;
        for (const IdMapping& outer : container) {
            if (each.host_id < outer.container_id ||
                each.host_id - outer.container_id >= outer.size)
                continue;
            each.host_id = outer.host_id + (each.host_id - outer.container_id);
            each.relative = false;
            break;
        }
    }
}

}  // namespace

bool is_idmap_option(std::string_view option) {
    return option.starts_with(kPrefix);
}

void read_idmap_option(const Reader& option, Mount& mount) {
    const std::string whole = option.string();
    if (!is_idmap_option(whole)) return;
    if (!mount.uid_mappings.empty() || !mount.gid_mappings.empty()) {
        option.error("the mount has other ID mappings");
        return;
    }
    for (std::string_view part : split(std::string_view(whole).substr(kPrefix.size()), ';')) {
        std::vector<IdMapping>* list = list_of(part, mount);
        if (list == nullptr) {
            option.error("expected idmap=uids=MAPPINGS;gids=MAPPINGS");
            return;
        }
        for (const std::string_view text : split(part, '#')) {
            const auto mapping = mapping_of(text);
            if (mapping)
                list->push_back(*mapping);
            else
                option.error(cat("expected a mapping such as 0-1000-1, not ", quoted(text)));
        }
    }
}

void make_absolute(Config& config) {
    for (Mount& mount : config.mounts) {
        resolve(mount.uid_mappings, config.linux.uid_mappings);
        resolve(mount.gid_mappings, config.linux.gid_mappings);
    }
}

}  // namespace crux::oci
