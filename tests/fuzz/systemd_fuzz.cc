// What passes between crux, its helper crux-systemd and systemd: the answer of the helper; the
// properties in annotations (lines NAME=VALUE), of which the helper understands every one that crux
// accepts; and the names of units and slices.

#include <sys/socket.h>

#include <algorithm>

#include "cmd/crux-systemd/message.h"
#include "runtime/base/text.h"
#include "runtime/systemd/helper.h"
#include "runtime/systemd/properties.h"
#include "runtime/systemd/unit.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace crux;

/// A connection without a peer: enough to make messages.
sd_bus* bus() {
    static sd_bus* const made = [] {
        int ends[2] = {-1, -1};
        sd_bus* bus = nullptr;
        hold(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        hold(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, ends[0], ends[0]) >= 0);
        hold(sd_bus_start(bus) >= 0);
        return bus;
    }();
    return made;
}

/// What the helper does with a line of a request; a negative errno if the value is not of its type.
int append(const systemd_helper::BusProperty& property) {
    sd_bus_message* call = nullptr;
    hold(sd_bus_message_new_method_call(bus(), &call, "a.b", "/a", "a.b", "C") >= 0);
    int result = sd_bus_message_open_container(call, SD_BUS_TYPE_ARRAY, "(sv)");
    if (result >= 0) result = systemd_helper::append_property(call, property);
    sd_bus_message_unref(call);
    return result;
}

void check_line(const std::string& line) {
    systemd_helper::BusProperty property;
    if (!systemd_helper::parse_property(line, property)) return;
    hold(!property.name.empty() && !property.type.empty() && !property.words.empty());
    (void)append(property);
}

/// Whether sd-bus itself refuses some values of the type: strings must be UTF-8, paths be paths.
bool has_texts(std::string_view type) {
    return type.find_first_of("so") != std::string_view::npos;
}

void check_annotations(std::string_view text) {
    oci::StringMap annotations;
    for (const std::string_view line : split(text, '\n')) {
        const std::size_t equals = std::min(line.find('='), line.size());
        annotations.emplace_back(cat(systemd::kPropertyPrefix, line.substr(0, equals)),
                                 line.substr(std::min(equals + 1, line.size())));
    }
    const auto properties = systemd::annotation_properties(annotations);
    if (!properties) {
        hold(properties.error().pointer().starts_with("/annotations/"));
        return;
    }
    for (const systemd::Property& property : *properties) {
        systemd_helper::BusProperty read;
        hold(systemd_helper::parse_property(cat(property.name, ' ', property.value), read));
        hold(read.name == property.name);
        hold(append(read) >= 0 || has_texts(read.type));
    }
}

void check_units(std::string_view text) {
    host::CgroupLayout layout;
    layout.mode = host::CgroupMode::v2;
    layout.hierarchies.push_back({.version = 2,
                                  .controllers = {},
                                  .mountpoint = "/sys/fs/cgroup",
                                  .own_path = "/user.slice/user-1000.slice/session-1.scope",
                                  .own_directory = ""});
    for (const bool user : {false, true}) {
        const auto unit = systemd::unit_for(text, "id", layout, user);
        if (!unit) continue;
        hold(unit->path.starts_with('/') && unit->path.ends_with(unit->name));
        hold(cat(unit->path, '/').find("/../") == std::string::npos);
        hold(unit->name.find('/') == std::string::npos);
    }
    const auto below = systemd::subgroup_of({{"run.oci.systemd.subgroup", std::string(text)}});
    if (below) hold(cat(*below, '/').find("/../") == std::string::npos);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text = text_of(bytes, size);
    const systemd::Unit unit = {.name = "a.scope", .slice = "b.slice", .path = "", .below = ""};
    const Status answer = systemd::answer_of(text, unit);
    hold(answer.has_value() == (text == "done"));
    for (const std::string_view line : split(text, '\n')) check_line(std::string(line));
    check_annotations(text);
    check_units(text);
    return 0;
}
