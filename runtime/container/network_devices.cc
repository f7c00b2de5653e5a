#include "runtime/container/network_devices.h"

#include "oci-spec/diagnostics.h"
#include "runtime/base/text.h"
#include "runtime/container/helper.h"
#include "runtime/hooks/run.h"

namespace crux::container {

namespace {

constexpr std::int64_t kPatience = 30;  // seconds

/// The error message of crux-net, without its name in front.
std::string reason_of(const ProgramOutcome& outcome) {
    constexpr std::string_view kName = "crux-net: ";
    std::string_view words = trimmed(outcome.error_output);
    if (words.starts_with(kName)) words.remove_prefix(kName.size());
    return words.empty() ? std::string("crux-net failed without an error message")
                         : std::string(words);
}

Status call_helper(const std::string& program, std::string_view verb, const oci::NetDevice& device,
                   pid_t pid) {
    oci::Hook call;
    call.path = program;
    call.args = {"crux-net", std::string(verb),
                 "--host",   device.host_name,
                 "--peer",   device.name.empty() ? device.host_name : device.name,
                 "--pid",    cat(pid)};
    call.env.emplace();
    call.timeout = kPatience;
    const ProgramOutcome outcome = TRY(hooks::run(call, {"", "/"}));
    if (outcome.succeeded()) return {};
    return std::unexpected(
        Error(Error::Kind::os, cat("network device ", device.host_name, ": ", reason_of(outcome)))
            .at(cat("/linux/netDevices", oci::pointer_token(device.host_name))));
}

}  // namespace

Status move_network_devices(const oci::Linux& linux, pid_t pid) {
    const std::string program = TRY(helper_program("crux-net").at("/linux/netDevices"));
    for (const std::string_view verb : {"check", "move"})
        for (const oci::NetDevice& device : linux.net_devices)
            TRY(call_helper(program, verb, device, pid));
    return {};
}

}  // namespace crux::container
