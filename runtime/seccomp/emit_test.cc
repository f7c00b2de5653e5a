#include "runtime/seccomp/emit.h"

#include <linux/seccomp.h>

#include <random>

#include "runtime/seccomp/interpreter_test.h"
#include "tests/support/catch.h"

namespace crux::seccomp {
namespace {

using oci::SeccompOperator;

constexpr std::uint32_t kForeign = SECCOMP_RET_KILL_THREAD;

Verdict plain(std::uint32_t action) {
    return {.guarded = {}, .otherwise = action};
}

/// The section's verdict for a number, read from the ranges.
std::uint32_t expected(const Section& section, std::uint32_t number,
                       const std::array<std::uint64_t, 6>& arguments) {
    const Range* found = nullptr;
    for (const Range& range : section.ranges)
        if (range.first <= number) found = &range;
    for (const Guarded& guarded : found->verdict.guarded)
        if (arguments[guarded.conditions[0].index] == guarded.conditions[0].value)
            return guarded.action;
    return found->verdict.otherwise;
}

TEST_CASE("a filter without sections gives every call the same result") {
    CHECK(testing::answer(emit({}, kForeign), 5, 7) == kForeign);
}

TEST_CASE("neighbours with the same result take no space") {
    Section one{.audit_arch = 1, .width = Width::bits64, .ranges = {{0, plain(5)}}};
    Section many = one;
    for (std::uint32_t number = 1; number < 100; ++number)
        many.ranges.push_back({number, plain(5)});
    CHECK(emit({&many, 1}, kForeign) == emit({&one, 1}, kForeign));
}

TEST_CASE("ranges of any number and kind keep their results") {
    std::mt19937 random(3);
    for (int round = 0; round < 60; ++round) {
        std::vector<Section> sections;
        for (std::uint32_t arch = 1; arch <= 1 + random() % 5; ++arch) {
            Section section{.audit_arch = arch * 1000, .width = Width::bits64, .ranges = {}};
            std::uint32_t first = 0;
            for (std::size_t count = 1 + random() % 120; count > 0; --count) {
                Verdict verdict = plain(random() % 4);
                // Sometimes so many conditions that no comparison can jump past them.
                if (random() % 20 == 0)
                    for (std::size_t more = random() % 80; more > 0; --more)
                        verdict.guarded.push_back(
                            {.conditions = {{.index = static_cast<std::uint32_t>(random() % 6),
                                             .value = random() % 9,
                                             .value_two = 0,
                                             .op = SeccompOperator::eq}},
                             .action = static_cast<std::uint32_t>(10 + random() % 3)});
                section.ranges.push_back({first, verdict});
                first += 1 + static_cast<std::uint32_t>(random() % 3);
            }
            sections.push_back(section);
        }
        const std::vector<Instruction> filter = emit(sections, kForeign);
        for (const Section& section : sections) {
            for (std::uint32_t number = 0; number < 400; ++number) {
                std::array<std::uint64_t, 6> arguments{};
                for (std::uint64_t& argument : arguments) argument = random() % 9;
                if (testing::answer(filter, section.audit_arch, number, arguments) !=
                    expected(section, number, arguments))
                    FAIL("round " << round << ", section " << section.audit_arch << ", number "
                                  << number);
            }
        }
        CHECK(testing::answer(filter, 999, 0) == kForeign);
    }
}

}  // namespace
}  // namespace crux::seccomp
