// One fault each in an otherwise valid configuration: exactly this fault must be found, at its
// place.

#include <algorithm>
#include <string>
#include <vector>

#include "oci-spec/fault_table_test.h"
#include "oci-spec/rules.h"
#include "tests/support/catch.h"

namespace crux::oci {
namespace {

using namespace test;

void check_found(const Fault& fault) {
    CAPTURE(fault.place, fault.value);
    const std::string expected = *fault.found == '\0' ? fault.place : fault.found;
    const auto allowed = also_expected(expected);
    std::vector<std::string> found;
    bool at_its_place = false;
    for (const Diagnostic& one : checked_config(broken(fault)).diagnostics.errors()) {
        if (one.pointer == expected && !at_its_place)
            at_its_place = true;
        else if (std::ranges::find(allowed, one.pointer) == allowed.end())
            found.push_back(describe(one));
    }
    CHECK(at_its_place);
    CHECK(found == std::vector<std::string>{});
}

TEST_CASE("a value of the wrong type is found at its place") {
    for (const Fault& fault : kWrongTypes) check_found(fault);
}

TEST_CASE("a value that is missing is found at its place") {
    for (const Fault& fault : kMissing) check_found(fault);
}

TEST_CASE("a word that is not known is found at its place") {
    for (const Fault& fault : kWrongWords) check_found(fault);
}

TEST_CASE("a broken rule is found at its place") {
    for (const Fault& fault : kBrokenRules) check_found(fault);
}

TEST_CASE("there are two hundred faults and more") {
    CHECK(std::size(kWrongTypes) + std::size(kMissing) + std::size(kWrongWords) +
              std::size(kBrokenRules) >
          200);
}

}  // namespace
}  // namespace crux::oci
