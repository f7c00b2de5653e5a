// Init's plan reader, on the plans of create and of exec for the same process: init can read every
// operand, and each step has an error for each report of a failure, whatever is in the report.

#include <algorithm>
#include <cstring>

#include "oci-spec/rules.h"
#include "runtime/plan/describe.h"
#include "runtime/plan/explain.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/hosts.h"
#include "tests/fuzz/plan_reader.h"

namespace {

using namespace crux;

/// A report whose numbers and detail are those of the input.
plan::InitReport report_of(std::string_view text) {
    plan::InitReport report = {};
    std::memcpy(&report.call, text.data(), std::min(text.size(), sizeof report.call));
    const std::string_view rest = text.substr(std::min(text.size(), sizeof report.call));
    std::memcpy(&report.extra, rest.data(), std::min(rest.size(), sizeof report.extra));
    report.error = report.extra % 200;
    report.detail_length = static_cast<std::uint32_t>(std::min(text.size(), sizeof report.detail));
    std::memcpy(report.detail, text.data(), report.detail_length);
    return report;
}

void check(const plan::Plan& plan, std::string_view text) {
    read_as_init(plan.bytes());
    plan::InitReport report = report_of(text);
    for (std::uint32_t step = 0; step < plan.steps().size(); ++step) {
        report.step = step;
        const std::string message = plan::failure_sentence(plan, report).message();
        hold(!message.empty() && message.size() <= (16 * text.size()) + 16384);
    }
    hold(plan::explain_json(plan).starts_with('{'));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text = text_of(bytes, size);
    const oci::Parsed parsed = oci::checked_config(text);
    if (parsed.diagnostics.has_errors()) return 0;
    const host::Facts& facts = hosts()[size % hosts().size()];
    plan::Inputs inputs;
    inputs.config = &parsed.config;
    inputs.facts = &facts;
    inputs.id = "fuzz";
    inputs.bundle = "/bundle";
    inputs.rootfs = "/bundle/rootfs";
    inputs.console_socket = "/run/console";
    inputs.preserve_fds = static_cast<unsigned>(size % 5);
    if (const auto plan = plan::build(inputs)) check(*plan, text);
    if (!parsed.config.process) return 0;
    plan::ExecInputs exec;
    exec.process = &*parsed.config.process;
    exec.config = &parsed.config;
    exec.facts = &facts;
    exec.id = "fuzz";
    exec.rootfs = "/bundle/rootfs";
    for (const oci::Namespace& each : parsed.config.linux.namespaces)
        exec.namespaces.push_back(each.type);
    exec.console_socket = "/run/console";
    if (const auto plan = plan::build_exec(exec)) check(*plan, text);
    return 0;
}
