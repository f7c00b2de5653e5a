#include "runtime/container/host_requests.h"

#include "runtime/container/network_devices.h"
#include "runtime/container/prepare.h"
#include "runtime/container/resctrl_class.h"
#include "runtime/container/seccomp_agent.h"

namespace crux::container {

Status HostRequests::answer(const launch::InitMessage& message, launch::Launched& init) {
    switch (message.request) {
        case plan::Request::host_hooks:
            return run_hooks(init.pid());
        case plan::Request::resource_limits:
            return limit_resources(plan_, init.pid());
        case plan::Request::seccomp_listener:
            return hand_over(message.descriptor, init);
        case plan::Request::network_devices:
            return move_network_devices(config_.linux, init.pid());
        case plan::Request::resctrl_class:
            return enter_class(*config_.linux.intel_rdt, context_.id, init.pid());
        case plan::Request::map_ids:
            return init.map_ids(message);
        case plan::Request::time_offsets:
            return init.write_time_offsets();
    }
    return fail(Error::Kind::protocol, "init sent an unknown request");
}

Status HostRequests::hand_over(int listener, const launch::Launched& init) {
    const oci::State state = TRY(state_document(init.pid()));
    return hand_over_listener(*config_.linux.seccomp, state, init, listener);
}

Status converse(launch::Launched& init, HostRequests& requests) {
    for (;;) {
        launch::InitMessage message = TRY(init.next());
        switch (message.kind) {
            case launch::InitMessage::Kind::ready:
                return {};
            case launch::InitMessage::Kind::warning:
                requests.context().warn(std::move(message.warning));
                break;
            case launch::InitMessage::Kind::ask:
                TRY(requests.answer(message, init));
                TRY(init.resume());
                break;
        }
    }
}

}  // namespace crux::container
