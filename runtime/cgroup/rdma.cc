#include "runtime/base/text.h"
#include "runtime/cgroup/controllers.h"

namespace crux::cgroup {

Status add_rdma(LimitsBuilder& builder, const std::vector<oci::RdmaLimit>& limits) {
    for (const oci::RdmaLimit& limit : limits) {
        std::string origin = builder.origin(cat("/rdma/", pointer_token(limit.device)));
        // The name is the first word of a line (R8).
        if (limit.device.empty() || limit.device.find_first_of(" \t\n") != std::string::npos)
            return LimitsBuilder::refuse(origin,
                                         cat("invalid RDMA device name ", quoted(limit.device)));
        if (!limit.hca_handles && !limit.hca_objects)
            return LimitsBuilder::refuse(origin, "requires hcaHandles or hcaObjects");
        ControllerLocation location = TRY(builder.location("rdma", "rdma", "/rdma"));
        std::string value = limit.device;
        if (limit.hca_handles) value += cat(" hca_handle=", *limit.hca_handles);
        if (limit.hca_objects) value += cat(" hca_object=", *limit.hca_objects);
        builder.add(location, "rdma.max", std::move(value), std::move(origin));
    }
    return {};
}

}  // namespace crux::cgroup
