#include "runtime/base/text.h"
#include "runtime/cgroup/controllers.h"

namespace crux::cgroup {

namespace {

/// Only v1 has these two controllers. If only the unified hierarchy is mounted, the setting is not
/// supported at all; if v1 does not have the controller, that is an ordinary error.
bool has_v1(const LimitsBuilder& builder) {
    return !builder.dirs().empty() && builder.dirs().front().version == 1;
}

}  // namespace

Status add_network(LimitsBuilder& builder, const oci::NetworkResources& network) {
    bool has_class = network.class_id.value_or(0) != 0;
    if (!has_class && network.priorities.empty()) return {};
    if (!has_v1(builder)) return LimitsBuilder::refuse_on_v2(builder.origin("/network"));
    if (has_class) {
        ControllerLocation location = TRY(builder.location("net_cls", "", "/network/classID"));
        builder.add(location, "net_cls.classid", cat(*network.class_id),
                    builder.origin("/network/classID"));
    }
    for (std::size_t i = 0; i < network.priorities.size(); ++i) {
        const oci::InterfacePriority& priority = network.priorities[i];
        std::string origin = builder.origin("/network/priorities", i);
        // The name is the first word of a line (R8).
        if (priority.name.empty() || priority.name.find_first_of(" \t\n") != std::string::npos)
            return LimitsBuilder::refuse(origin + "/name",
                                         cat("invalid interface name ", quoted(priority.name)));
        ControllerLocation location = TRY(builder.location("net_prio", "", "/network/priorities"));
        builder.add(location, "net_prio.ifpriomap", cat(priority.name, " ", priority.priority),
                    std::move(origin));
    }
    return {};
}

}  // namespace crux::cgroup
