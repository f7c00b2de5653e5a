#include "runtime/base/text.h"
#include "runtime/cgroup/controllers.h"

namespace crux::cgroup {

namespace {

/// Only v1 has the two controllers. Where nothing but the unified hierarchy is mounted, the request
/// cannot even be made; where v1 lacks the controller it is an error like any other.
bool has_v1(const Draft& draft) {
    return !draft.places().empty() && draft.places().front().version == 1;
}

}  // namespace

Status add_network(Draft& draft, const oci::NetworkResources& network) {
    bool has_class = network.class_id.value_or(0) != 0;
    if (!has_class && network.priorities.empty()) return {};
    if (!has_v1(draft)) return Draft::refuse_on_v2(draft.origin("/network"));
    if (has_class) {
        Home home = TRY(draft.home("net_cls", "", "/network/classID"));
        draft.add(home, "net_cls.classid", cat(*network.class_id),
                  draft.origin("/network/classID"));
    }
    for (std::size_t i = 0; i < network.priorities.size(); ++i) {
        const oci::InterfacePriority& priority = network.priorities[i];
        std::string origin = draft.origin("/network/priorities", i);
        // The name is the first word of a line (R8).
        if (priority.name.empty() || priority.name.find_first_of(" \t\n") != std::string::npos)
            return Draft::refuse(origin + "/name",
                                 cat("invalid interface name ", quoted(priority.name)));
        Home home = TRY(draft.home("net_prio", "", "/network/priorities"));
        draft.add(home, "net_prio.ifpriomap", cat(priority.name, " ", priority.priority),
                  std::move(origin));
    }
    return {};
}

}  // namespace crux::cgroup
