#include "runtime/launch/message.h"

#include <cerrno>

#include "runtime/plan/assembler.h"
#include "tests/support/catch.h"

namespace crux::launch {
namespace {

using plan::Say;

/// A packet of init.
std::string packet(Say say, std::uint32_t step, std::int32_t extra = 0,
                   const std::string& detail = {}) {
    plan::InitReport report = {};
    report.say = say;
    report.step = step;
    report.error = EIO;
    report.extra = extra;
    report.detail_length = static_cast<std::uint32_t>(detail.size());
    detail.copy(report.detail, sizeof report.detail);
    return {reinterpret_cast<const char*>(&report), plan::kReportHead + detail.size()};
}

/// Steps 0 host name, 1 hooks of the host, 2 seccomp listener, 3 map_ids without a source, 4 ready.
plan::Plan plan_of_requests() {
    plan::Assembler out;
    out.add(plan::Kind::host_name, "/hostname").text = out.text("name");
    for (const plan::Request request :
         {plan::Request::host_hooks, plan::Request::seccomp_listener, plan::Request::map_ids})
        out.add(plan::Kind::ask_parent, "").ask_parent = {.request = request};
    out.add(plan::Kind::ready, "");
    return std::move(out).finish({});
}

/// What the last of these packets is; all before it must be messages.
std::string last_of(const std::vector<std::string>& packets) {
    const plan::Plan plan = plan_of_requests();
    MessageReader reader(plan);
    std::string words;
    bool failed = false;
    for (const std::string& one : packets) {
        REQUIRE_FALSE(failed);
        const auto message = reader.read(one);
        failed = !message.has_value();
        if (!message)
            words =
                (message.error().kind() == Error::Kind::protocol ? "protocol error: " : "error: ") +
                message.error().message();
        else if (message->kind == InitMessage::Kind::ask)
            words = "asks about " + std::to_string(message->descriptor);
        else
            words = message->kind == InitMessage::Kind::ready ? "ready" : message->warning;
    }
    return words;
}

TEST_CASE("the messages of init are read in the order of the plan") {
    CHECK(last_of({packet(Say::ask, 1)}) == "asks about -1");
    CHECK(last_of({packet(Say::warning, 1), packet(Say::ask, 1), packet(Say::ask, 2, 7)}) ==
          "asks about 7");
    CHECK(last_of({packet(Say::ask, 1, 7), packet(Say::ready, 4)}) == "ready");
    CHECK_THAT(last_of({packet(Say::failed, 0)}), Catch::StartsWith("error: "));
    CHECK_THAT(last_of({packet(Say::warning, 0)}), Catch::Contains("input/output error"));
}

TEST_CASE("no number in a message of init is believed") {
    constexpr const char* kInvalid = "protocol error: init sent an invalid message: ";
    const auto check = [&](const std::vector<std::string>& packets, const std::string& why) {
        CHECK(last_of(packets) == kInvalid + why);
    };
    const std::string whole = packet(Say::failed, 0, 0, "detail");
    for (std::size_t length = 0; length < plan::kReportHead; ++length)
        check({whole.substr(0, length)}, "it is too short");
    check({whole.substr(0, whole.size() - 1)}, "its length is not the length of its detail");
    check({whole + '\0'}, "its length is not the length of its detail");
    check({packet(Say::failed, 0, 0, std::string(1000, 'x')) + '\0'}, "it is too long");
    check({packet(Say::fault, 0)}, "its kind is unknown");
    check({packet(static_cast<Say>(5), 0)}, "its kind is unknown");
    for (const Say say : {Say::failed, Say::warning, Say::ask, Say::ready}) {
        check({packet(say, 5)}, "it is of step 5, but the plan has 5 steps");
        check({packet(say, 0x40000000)}, "it is of step 1073741824, but the plan has 5 steps");
        check({packet(Say::ask, 2), packet(say, 1)}, "it is of step 1 after one of step 2");
    }
    check({packet(Say::ask, 0)}, "step 0 has no request");
    check({packet(Say::ask, 4)}, "step 4 has no request");
    check({packet(Say::ready, 1)}, "step 1 is not the last one before start");
    check({packet(Say::ask, 1), packet(Say::ask, 1)}, "step 1 has sent it already");
    check({packet(Say::ready, 4), packet(Say::ready, 4)}, "step 4 has sent it already");
    check({packet(Say::ask, 2, -1)}, "its descriptor is negative");
    check({packet(Say::ask, 3)}, "step 3 has no source to map");
    check(std::vector<std::string>(65, packet(Say::warning, 0)),
          "step 0 sent more than 64 warnings");
}

TEST_CASE("a report in exec.fifo names a hook of the container or none") {
    const auto step_of = [](const std::string& bytes) -> std::int64_t {
        const auto report = read_late_report(bytes, 2);
        if (!report) return -2;
        return *report ? std::int64_t{(*report)->step} : -1;
    };
    CHECK(step_of("") == -1);
    CHECK(step_of(std::string(1, '\0')) == -1);
    CHECK(step_of(packet(Say::failed, 1)) == 1);
    CHECK(step_of(packet(Say::failed, plan::kNoHook)) == plan::kNoHook);
    CHECK(step_of(packet(Say::failed, 2)) == -2);
    CHECK(step_of(packet(Say::ready, 1)) == -2);
    CHECK(step_of(packet(Say::failed, 1).substr(1)) == -2);
    // The byte of start that init has not read.
    CHECK(step_of('\0' + packet(Say::failed, 1)) == 1);
    CHECK(step_of(packet(Say::failed, 1) + '\0') == 1);
    CHECK(step_of(packet(Say::failed, 1) + "x") == -2);
}

}  // namespace
}  // namespace crux::launch
