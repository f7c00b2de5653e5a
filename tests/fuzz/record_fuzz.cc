// state.json, and the list of descriptors in the images of a checkpoint: an invalid one is an
// error; a valid one, written and read again, is the same.

#include "oci-spec/runc/record.h"
#include "tests/fuzz/fuzz.h"

namespace {

void check_descriptors(std::string_view text) {
    using namespace crux;
    const auto targets = oci::read_descriptors(text);
    if (!targets) {
        hold(!targets.error().message().empty());
        return;
    }
    const auto again = oci::read_descriptors(oci::descriptors_json(*targets));
    hold(again && *again == *targets);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace crux;
    check_descriptors(text_of(bytes, size));
    const auto record = oci::read_record(text_of(bytes, size));
    if (!record) {
        hold(!record.error().message().empty());
        return 0;
    }
    hold(!record->id.empty());
    const std::string once = oci::write_record(*record);
    const auto again = oci::read_record(once);
    hold(again.has_value());
    hold(oci::write_record(*again) == once);
    return 0;
}
