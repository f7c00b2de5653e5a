#pragma once

#include "oci-spec/state.h"
#include "oci-spec/types.h"
#include "runtime/container/context.h"
#include "runtime/launch/launch.h"

namespace crux::container {

/// Serves the requests of init to the host (plan::Request): one implementation for a container's
/// init, one for a process of exec.
class HostRequests {
 public:
    HostRequests(const Context& context, const oci::Config& config, const plan::Plan& plan)
        : context_(context), config_(config), plan_(plan) {}
    virtual ~HostRequests() = default;
    HostRequests(const HostRequests&) = delete;
    HostRequests& operator=(const HostRequests&) = delete;

    /// Serves a message of kind `ask`.
    Status answer(const launch::InitMessage& message, launch::Launched& init);

    [[nodiscard]] const Context& context() const { return context_; }

 protected:
    /// Runs the hooks of the host's side.
    virtual Status run_hooks(pid_t pid) = 0;
    /// The container's state document, for the seccomp agent.
    virtual Result<oci::State> state_document(pid_t pid) = 0;

 private:
    Status hand_over(int listener, const launch::Launched& init);

    const Context& context_;
    const oci::Config& config_;
    const plan::Plan& plan_;
};

/// Talks with init until everything up to the barrier holds (InitMessage::Kind::ready). Warnings of
/// init go to the context's. An error when a step failed on either side.
Status converse(launch::Launched& init, HostRequests& requests);

}  // namespace crux::container
