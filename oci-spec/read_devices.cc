#include "oci-spec/parsers.h"

namespace crux::oci {

namespace {

constexpr std::uint32_t kDefaultMode = 0666;
constexpr std::uint32_t kPermissions = 07777;
constexpr std::uint32_t kFileType = 0170000;  // S_IFMT

// Programs that copy st_mode include the file type; it is redundant with `type`.
std::uint32_t read_file_mode(const Reader& r) {
    const auto mode = r.optional_number<std::uint32_t>();
    if (!mode) return kDefaultMode;
    if ((*mode & ~(kPermissions | kFileType)) != 0)
        r.error(cat("expected permission bits, in decimal from 0 to 4095, not ", *mode));
    return *mode & kPermissions;
}

std::uint32_t read_device_number(const Reader& r, DeviceType type) {
    if (type == DeviceType::fifo && !r.present()) return 0;
    return r.required_number<std::uint32_t>();
}

// Programs write "any number" as an absent value or as -1.
std::optional<std::uint32_t> read_number_or_any(const Reader& r) {
    const auto number = r.optional_number<std::int64_t>();
    if (!number || *number == -1) return std::nullopt;
    return r.optional_number<std::uint32_t>();
}

DeviceAccess read_access(const Reader& r) {
    const std::string text = r.string();
    if (text.empty()) return kDeviceAllAccess;
    // 'a' is a type and not an access, but some programs write it, and runc accepts it.
    if (text.find('a') != std::string::npos)
        r.warn(cat("'a' in ", quoted(text), " is not an access, ignored"));
    DeviceAccess access = 0;
    for (const char& letter : text) {
        if (letter == 'a') continue;
        const auto bit = value_of(kDeviceAccesses, std::string_view(&letter, 1));
        if (!bit) {
            r.error(cat("expected a combination of r, w and m, not ", quoted(text)));
            break;
        }
        access = static_cast<DeviceAccess>(access | *bit);
    }
    return access;
}

}  // namespace

Device read_device(const Reader& r) {
    const DeviceType type = r["type"].required_word(kDeviceNodeTypes, "device type");
    return {
        .type = type,
        .path = r["path"].required_string(),
        .major = read_device_number(r["major"], type),
        .minor = read_device_number(r["minor"], type),
        .file_mode = read_file_mode(r["fileMode"]),
        .uid = r["uid"].number<std::uint32_t>(),
        .gid = r["gid"].number<std::uint32_t>(),
    };
}

DeviceRule read_device_rule(const Reader& r) {
    return {
        .allow = r["allow"].required_boolean(),
        .type = r["type"].optional_word(kDeviceRuleTypes, "device type").value_or(DeviceType::all),
        .major = read_number_or_any(r["major"]),
        .minor = read_number_or_any(r["minor"]),
        .access = read_access(r["access"]),
    };
}

}  // namespace crux::oci
