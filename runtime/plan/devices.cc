#include <array>

#include "runtime/base/text.h"
#include "runtime/plan/draft.h"

namespace crux::plan {

namespace {

constexpr std::uint32_t kCharacterDevice = 0020000;  // S_IFCHR
constexpr std::uint32_t kBlockDevice = 0060000;      // S_IFBLK
constexpr std::uint32_t kFifo = 0010000;             // S_IFIFO

struct DefaultDevice {
    const char* path;
    std::uint32_t major;
    std::uint32_t minor;
};

/// The devices of config-linux.md, Default Devices. /dev/console is created with a terminal;
/// /dev/ptmx is a symbolic link into the container's own devpts.
constexpr auto kDefaultDevices = std::array{
    DefaultDevice{"dev/null", 1, 3},    DefaultDevice{"dev/zero", 1, 5},
    DefaultDevice{"dev/full", 1, 7},    DefaultDevice{"dev/random", 1, 8},
    DefaultDevice{"dev/urandom", 1, 9}, DefaultDevice{"dev/tty", 5, 0},
};

std::uint32_t type_bits(oci::DeviceType type) {
    switch (type) {
        case oci::DeviceType::block:
            return kBlockDevice;
        case oci::DeviceType::fifo:
            return kFifo;
        case oci::DeviceType::character:
        case oci::DeviceType::all:
            break;
    }
    return kCharacterDevice;
}

bool is_listed(const PlanDraft& draft, std::string_view path) {
    std::string scratch;
    for (const oci::Device& device : draft.config.linux.devices)
        if (path_in_root(device.path, scratch) == path) return true;
    return false;
}

void plan_listed_device(PlanDraft& draft, const oci::Device& device, std::size_t index) {
    std::string scratch;
    const std::string_view path = path_in_root(device.path, scratch);
    if (path == "dev/ptmx") return;  // always the link into the container's own devpts
    const Text where = draft.out.text(path);
    // A FIFO requires no privilege.
    const bool bound = draft.no_device_nodes && device.type != oci::DeviceType::fifo;
    draft.add(Kind::node, cat("/linux/devices/", index)).node = {
        .path = where,
        .mode = type_bits(device.type) | device.file_mode,
        .major = device.major,
        .minor = device.minor,
        .uid = device.uid,
        .gid = device.gid,
        .bind_from_host = bound ? 1U : 0U,
    };
}

}  // namespace

bool makes_dev(const oci::Config& config) {
    std::string scratch;
    for (const oci::Mount& mount : config.mounts)
        if (mount.is_bind() && path_in_root(mount.destination, scratch) == "dev") return false;
    return true;
}

void plan_devices(PlanDraft& draft) {
    for (const DefaultDevice& device : kDefaultDevices) {
        if (is_listed(draft, device.path)) continue;
        const Text where = draft.out.text(device.path);
        draft.add(Kind::node, {}).node = {
            .path = where,
            .mode = kCharacterDevice | 0666U,
            .major = device.major,
            .minor = device.minor,
            .uid = 0,
            .gid = 0,
            .bind_from_host = draft.no_device_nodes ? 1U : 0U,
        };
    }
    for (std::size_t index = 0; index < draft.config.linux.devices.size(); ++index)
        plan_listed_device(draft, draft.config.linux.devices[index], index);
}

void plan_device_links(PlanDraft& draft) {
    // runtime-linux.md lists these links; distributions also have /dev/core.
    constexpr std::array<std::array<std::string_view, 2>, 4> kLinks = {{
        {"/proc/self/fd", "dev/fd"},
        {"/proc/self/fd/0", "dev/stdin"},
        {"/proc/self/fd/1", "dev/stdout"},
        {"/proc/self/fd/2", "dev/stderr"},
    }};
    const auto link = [&draft](std::string_view target, std::string_view path) {
        const Text to = draft.out.text(target);
        const Text at = draft.out.text(path);
        draft.add(Kind::link, {}).link = {to, at};
    };
    for (const auto& [target, path] : kLinks) link(target, path);
    // On a kernel without /proc/kcore the link would be dangling.
    if (draft.facts.kcore) link("/proc/kcore", "dev/core");
    const Text to = draft.out.text("pts/ptmx");
    const Text at = draft.out.text("dev/ptmx");
    Step& step = draft.add(Kind::link, {});
    step.flags = kReplace;
    step.link = {to, at};
}

}  // namespace crux::plan
