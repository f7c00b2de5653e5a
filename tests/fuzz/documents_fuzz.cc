// The smaller documents: a process (exec --process) and resources (update --resources). A document
// that was read and written is the same when it is read again.

#include "oci-spec/config.h"
#include "oci-spec/rules.h"
#include "oci-spec/runc/update.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace crux;
    const std::string_view text = text_of(bytes, size);
    const oci::ParsedProcess process = oci::parse_process(text);
    (void)oci::check_process(process.process, process.diagnostics);
    const oci::ParsedResources resources = oci::parse_resources(text);
    const oci::Diagnostics wrong = oci::check_resources(resources.resources, resources.diagnostics);
    if (resources.diagnostics.has_errors() || wrong.has_errors()) return 0;
    const std::string once = oci::resources_json(resources.resources);
    const oci::ParsedResources again = oci::parse_resources(once);
    hold(!again.diagnostics.has_errors());
    hold(oci::resources_json(again.resources) == once);
    return 0;
}
