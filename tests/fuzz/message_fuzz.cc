// What init sends to crux before the barrier, and what it leaves in exec.fifo after it: the input
// is a sequence of packets, each with two bytes of length in front. The parent's own reader takes
// them until one is an error, as create and exec do; of a message that it accepts, every number is
// one of the plan.

#include <string>

#include "oci-spec/config.h"
#include "runtime/launch/message.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace crux;

constexpr const char* kConfig = R"({
    "ociVersion": "1.3.0",
    "process": {"args": ["/bin/true"], "cwd": "/", "user": {"uid": 0, "gid": 0},
                "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 64, "soft": 64}]},
    "root": {"path": "rootfs"},
    "hostname": "fuzz",
    "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
               {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs",
                "options": ["size=1m", "nosymfollow"]}],
    "hooks": {"createRuntime": [{"path": "/bin/true"}], "createContainer": [{"path": "/bin/true"}]},
    "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}],
              "maskedPaths": ["/proc/kcore"],
              "seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/listener"}}})";

/// What the plan points into lives as long as the plan.
struct Exchange {
    Exchange() {
        config = oci::parse_config(kConfig).config;
        inputs.config = &config;
        inputs.facts = &facts;
        inputs.id = "fuzz";
        inputs.bundle = "/bundle";
        inputs.rootfs = "/bundle/rootfs";
        auto built = plan::build(inputs);
        hold(built.has_value());
        plan = std::move(*built);
    }
    oci::Config config;
    host::Facts facts;
    plan::Inputs inputs;
    plan::Plan plan;
};

void hold_message(const plan::Plan& plan, const launch::InitMessage& message) {
    if (message.kind != launch::InitMessage::Kind::ask) return;
    if (message.request == plan::Request::map_ids)
        hold(message.index < plan.host.mapped_sources.size());
    if (message.request == plan::Request::map_ids ||
        message.request == plan::Request::seccomp_listener)
        hold(message.descriptor >= 0);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const Exchange exchange;
    constexpr std::size_t kHooks = 3;
    std::string_view text = text_of(bytes, size);
    const auto late = launch::read_late_report(text, kHooks);
    if (late && *late) hold((*late)->step < kHooks || (*late)->step == plan::kNoHook);
    launch::MessageReader reader(exchange.plan);
    std::size_t asked = 0;
    while (text.size() >= 2) {
        const auto low = static_cast<unsigned char>(text[0]);
        const auto high = static_cast<unsigned char>(text[1]);
        text.remove_prefix(2);
        const std::string_view packet = text.substr(0, low + (std::size_t{high} << 8U));
        text.remove_prefix(packet.size());
        const auto message = reader.read(packet);
        if (!message) {
            hold(!message.error().message().empty());
            return 0;
        }
        hold_message(exchange.plan, *message);
        if (message->kind != launch::InitMessage::Kind::warning) ++asked;
        hold(asked <= exchange.plan.steps().size());
    }
    return 0;
}
