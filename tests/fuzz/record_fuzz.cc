// state.json: an invalid one is an error; a valid one, written and read again, is the same.

#include "oci-spec/runc/record.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace crux;
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
