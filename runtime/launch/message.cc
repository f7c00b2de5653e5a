#include "runtime/launch/message.h"

#include <cstring>

#include "runtime/base/text.h"
#include "runtime/plan/describe.h"

namespace crux::launch {

namespace {

/// More than a step of init ever has; what sends them without end is not init.
constexpr std::uint32_t kMostWarnings = 64;

std::unexpected<Error> invalid(std::string_view what) {
    return fail(Error::Kind::protocol, cat("init sent an invalid message: ", what));
}

/// The report in these bytes, which have its length.
Result<plan::InitReport> report_in(std::string_view bytes) {
    plan::InitReport report = {};
    if (bytes.size() < plan::kReportHead) return invalid("it is too short");
    if (bytes.size() > sizeof report) return invalid("it is too long");
    std::memcpy(&report, bytes.data(), bytes.size());
    if (report.detail_length != bytes.size() - plan::kReportHead)
        return invalid("its length is not the length of its detail");
    return report;
}

/// Whether the request is about a descriptor of init.
bool has_descriptor(plan::Request request) {
    return request == plan::Request::seccomp_listener || request == plan::Request::map_ids;
}

}  // namespace

Status MessageReader::check_order(const plan::InitReport& report) {
    const std::size_t count = plan_.steps().size();
    if (report.step >= count)
        return invalid(cat("it is of step ", report.step, ", but the plan has ", count, " steps"));
    if (report.step < step_)
        return invalid(cat("it is of step ", report.step, " after one of step ", step_));
    if (report.step > step_) {
        step_ = report.step;
        may_warn_only_ = false;
        warnings_ = 0;
    }
    const bool is_over = report.say == plan::Say::ask || report.say == plan::Say::ready;
    if (is_over && may_warn_only_) return invalid(cat("step ", step_, " has sent it already"));
    may_warn_only_ = may_warn_only_ || is_over;
    if (report.say == plan::Say::warning && ++warnings_ > kMostWarnings)
        return invalid(cat("step ", step_, " sent more than ", kMostWarnings, " warnings"));
    return {};
}

Result<InitMessage> MessageReader::request_of(const plan::InitReport& report) const {
    const plan::Step& step = plan_.steps()[report.step];
    if (step.kind != plan::Kind::ask_parent)
        return invalid(cat("step ", report.step, " has no request"));
    InitMessage message{.kind = InitMessage::Kind::ask, .request = step.ask_parent.request};
    if (has_descriptor(message.request)) {
        if (report.extra < 0) return invalid("its descriptor is negative");
        message.descriptor = report.extra;
    }
    message.index = step.ask_parent.index;
    if (message.request == plan::Request::map_ids &&
        message.index >= plan_.host.mapped_sources.size())
        return invalid(cat("step ", report.step, " has no source to map"));
    return message;
}

Result<InitMessage> MessageReader::read(std::string_view packet) {
    const plan::InitReport report = TRY(report_in(packet));
    TRY(check_order(report));
    switch (report.say) {
        case plan::Say::failed:
            return std::unexpected(plan::failure_sentence(plan_, report));
        case plan::Say::warning:
            return InitMessage{.kind = InitMessage::Kind::warning,
                               .warning = plan::failure_sentence(plan_, report).message()};
        case plan::Say::ask:
            return request_of(report);
        case plan::Say::ready:
            if (plan_.steps()[report.step].kind != plan::Kind::ready)
                return invalid(cat("step ", report.step, " is not the last one before start"));
            return InitMessage{};
        case plan::Say::fault:
            break;
    }
    return invalid("its kind is unknown");
}

namespace {

/// The bytes without the one of start, which init may not have read before it failed. No report
/// begins with a NUL byte.
std::string_view without_start(std::string_view bytes) {
    if (bytes.starts_with('\0')) return bytes.substr(1);
    if (!bytes.ends_with('\0')) return bytes;
    const std::string_view shorter = bytes.substr(0, bytes.size() - 1);
    return report_in(shorter).has_value() ? shorter : bytes;
}

}  // namespace

Result<std::optional<plan::InitReport>> read_late_report(std::string_view bytes,
                                                         std::size_t hooks) {
    bytes = without_start(bytes);
    if (bytes.empty()) return std::optional<plan::InitReport>();
    const plan::InitReport report = TRY(report_in(bytes));
    if (report.say != plan::Say::failed) return invalid("it is no failure");
    if (report.step != plan::kNoHook && report.step >= hooks)
        return invalid(cat("it is of startContainer hook ", report.step, " of ", hooks));
    return std::optional(report);
}

}  // namespace crux::launch
