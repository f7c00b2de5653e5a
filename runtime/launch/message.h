#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/plan/plan.h"

namespace crux::launch {

/// A message of init. A failure is not a message but an error.
struct InitMessage {
    enum class Kind : std::uint8_t {
        warning,  ///< `warning` describes the step that was skipped
        ask,      ///< carry out `request`, then resume
        ready,    ///< all steps up to the barrier succeeded; record the container, then resume
    };
    Kind kind = Kind::ready;
    plan::Request request = plan::Request::host_hooks;
    /// Init's own number of the descriptor that the request is about (the seccomp listener, a
    /// mount); not negative for these, -1 for the others.
    int descriptor = -1;
    std::size_t index = 0;  ///< map_ids: index in the plan's HostPart::mapped_sources
    std::string warning;
};

/// Reads what init sends, which is not trusted: init executes in the container's namespaces. Each
/// number is compared with the plan; steps are in its order, and none asks or becomes ready twice.
class MessageReader {
 public:
    explicit MessageReader(const plan::Plan& plan) : plan_(plan) {}

    /// The message in one packet. An error if it reports a failed step (with its JSON pointer), and
    /// one of kind protocol if it is not a message that init can send now.
    Result<InitMessage> read(std::string_view packet);

 private:
    [[nodiscard]] Status check_order(const plan::InitReport& report);
    [[nodiscard]] Result<InitMessage> request_of(const plan::InitReport& report) const;

    const plan::Plan& plan_;
    std::uint32_t step_ = 0;      ///< of the last message
    bool may_warn_only_ = false;  ///< that step has asked, or is ready
    std::uint32_t warnings_ = 0;  ///< of that step
};

/// The report that an init which failed after the barrier left in exec.fifo; nothing if the bytes
/// are none. Its step is plan::kNoHook or the index of one of so many startContainer hooks.
Result<std::optional<plan::InitReport>> read_late_report(std::string_view bytes, std::size_t hooks);

}  // namespace crux::launch
