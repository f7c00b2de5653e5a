// state.json, of crux and of runc, the status of crun, and the list of descriptors in the images of
// a checkpoint: an invalid one is an error; a valid one, written and read again, is the same.

#include "oci-spec/runc/peer_record.h"
#include "oci-spec/runc/record.h"
#include "oci-spec/runc/update.h"
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

void check_crun(std::string_view text) {
    using namespace crux;
    const auto record = oci::read_crun_status(text, "x", oci::Config{});
    hold(record ? record->init_process_pid >= 0 : !record.error().message().empty());
}

/// After an update runc's state is still one.
void check_update(std::string_view text) {
    using namespace crux;
    oci::Resources resources;
    resources.memory.limit = -1;
    resources.cpu.cpus = "0";
    const auto again = oci::read_record(oci::with_runc_resources(text, resources));
    hold(again && again->maker == oci::Maker::runc);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace crux;
    check_descriptors(text_of(bytes, size));
    check_crun(text_of(bytes, size));
    const auto record = oci::read_record(text_of(bytes, size));
    if (!record) {
        hold(!record.error().message().empty());
        return 0;
    }
    hold(!record->id.empty());
    if (record->maker == oci::Maker::runc) {
        check_update(text_of(bytes, size));
        return 0;
    }
    const std::string once = oci::write_record(*record);
    const auto again = oci::read_record(once);
    hold(again.has_value());
    hold(oci::write_record(*again) == once);
    return 0;
}
