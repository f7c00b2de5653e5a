#include <algorithm>
#include <array>

#include "oci-spec/rules.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

/// A property that is parsed and not applied yet: `find` gives the places that use it.
struct Unapplied {
    std::string_view name;
    void (*find)(const Config& config, std::vector<std::string>& places);
};

using Places = std::vector<std::string>;

template <class Predicate>
void find_mounts(const Config& config, std::string_view below, Places& places,
                 const Predicate& uses) {
    for (std::size_t index = 0; index < config.mounts.size(); ++index)
        if (uses(config.mounts[index])) places.push_back(cat("/mounts/", index, below));
}

void find_annotations(const Config& config, std::string_view prefix, Places& places) {
    for (const auto& [key, value] : config.annotations)
        if (key.starts_with(prefix)) places.push_back(cat("/annotations", pointer_token(key)));
}

// A property leaves the table with the change that applies it.
constexpr std::array kUnapplied = {
    Unapplied{"id-mapped mounts",
              [](const Config& config, Places& places) {
                  find_mounts(config, "/options", places, [](const Mount& mount) {
                      return mount.parsed.idmap != IdMapOption::none;
                  });
                  find_mounts(config, "/uidMappings", places, [](const Mount& mount) {
                      return mount.parsed.idmap == IdMapOption::none && !mount.uid_mappings.empty();
                  });
              }},
    Unapplied{"tmpcopyup",
              [](const Config& config, Places& places) {
                  find_mounts(config, "/options", places,
                              [](const Mount& mount) { return mount.parsed.tmpcopyup; });
              }},
    Unapplied{"apparmorProfile",
              [](const Config& config, Places& places) {
                  if (config.process && !config.process->apparmor_profile.empty())
                      places.emplace_back("/process/apparmorProfile");
              }},
    Unapplied{"scheduler",
              [](const Config& config, Places& places) {
                  if (config.process && config.process->scheduler)
                      places.emplace_back("/process/scheduler");
              }},
    Unapplied{"selinuxLabel",
              [](const Config& config, Places& places) {
                  if (config.process && !config.process->selinux_label.empty())
                      places.emplace_back("/process/selinuxLabel");
              }},
    Unapplied{"ioPriority",
              [](const Config& config, Places& places) {
                  if (config.process && config.process->io_priority)
                      places.emplace_back("/process/ioPriority");
              }},
    Unapplied{"netDevices",
              [](const Config& config, Places& places) {
                  if (!config.linux.net_devices.empty()) places.emplace_back("/linux/netDevices");
              }},
    Unapplied{"intelRdt",
              [](const Config& config, Places& places) {
                  if (config.linux.intel_rdt) places.emplace_back("/linux/intelRdt");
              }},
    Unapplied{"memoryPolicy",
              [](const Config& config, Places& places) {
                  if (config.linux.memory_policy) places.emplace_back("/linux/memoryPolicy");
              }},
    Unapplied{"SCMP_ACT_NOTIFY",
              [](const Config& config, Places& places) {
                  if (!config.linux.seccomp) return;
                  const auto& rules = config.linux.seccomp->syscalls;
                  for (std::size_t index = 0; index < rules.size(); ++index)
                      if (rules[index].action == SeccompAction::notify)
                          places.push_back(cat("/linux/seccomp/syscalls/", index, "/action"));
              }},
    Unapplied{"mountLabel",
              [](const Config& config, Places& places) {
                  if (!config.linux.mount_label.empty()) places.emplace_back("/linux/mountLabel");
              }},
    Unapplied{"personality",
              [](const Config& config, Places& places) {
                  if (config.linux.personality) places.emplace_back("/linux/personality");
              }},
    Unapplied{"Landlock",
              [](const Config& config, Places& places) {
                  find_annotations(config, "org.cruxruntime.landlock", places);
              }},
    Unapplied{"core scheduling",
              [](const Config& config, Places& places) {
                  find_annotations(config, "org.cruxruntime.core-scheduling", places);
              }},
};

}  // namespace

Diagnostics check_applied(const Config& config) {
    Diagnostics out;
    for (const Unapplied& row : kUnapplied) {
        Places places;
        row.find(config, places);
        for (std::string& place : places)
            out.error(std::move(place), cat(row.name, " is not applied by this version of crux"));
    }
    return out;
}

bool applies(std::string_view property) {
    return std::ranges::none_of(kUnapplied,
                                [&](const Unapplied& row) { return row.name == property; });
}

}  // namespace crux::oci
