#pragma once

#include <string>
#include <vector>

#include "tests/support/container.h"

/// What crux does on the host's side of a container, as explain promises it and as the log of
/// --debug reports it.
namespace crux::test {

/// One act on the host.
struct HostAct {
    std::string name;  ///< "cgroup", "fifo", …
    std::string text;  ///< explain: what is done; reported: the object that it was done to
};

/// The steps of explain's host half for the container's bundle, in order: those of create, and with
/// `of_run` also those of start and delete.
std::vector<HostAct> explained_acts(const Container& container, const Bundle& bundle,
                                    bool of_run = false);

/// Those of them that restore does too: what create takes for the first process and what it does to
/// it is missing, because CRIU brings the process back, and restore ends when the container runs.
std::vector<HostAct> acts_of_restore(std::vector<HostAct> explained);

/// The acts that a call with --debug reported on standard error, in order.
std::vector<HostAct> reported_acts(const std::string& log);

/// Empty where the acts are the same, in the same order, each done to an object that explain names;
/// else what differs first.
std::string difference(const std::vector<HostAct>& explained, const std::vector<HostAct>& reported);

}  // namespace crux::test
