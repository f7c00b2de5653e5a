// Resources (update --resources). A document that was read and written is the same when it is read
// again; and an update that was made twice is the same as one that was made once.

#include "oci-spec/config.h"
#include "oci-spec/rules.h"
#include "oci-spec/runc/update.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace crux;
    const std::string_view text = text_of(bytes, size);
    const oci::ParsedResources resources = oci::parse_resources(text);
    const oci::Diagnostics wrong = oci::check_resources(resources.resources, resources.diagnostics);
    if (resources.diagnostics.has_errors() || wrong.has_errors()) return 0;
    const std::string once = oci::resources_json(resources.resources);
    const oci::ParsedResources again = oci::parse_resources(once);
    hold(!again.diagnostics.has_errors());
    hold(oci::resources_json(again.resources) == once);
    (void)oci::named_by(resources.resources);
    const oci::Resources changed = oci::updated({}, resources.resources);
    hold(oci::resources_json(oci::updated(changed, resources.resources)) ==
         oci::resources_json(changed));
    const std::string config =
        oci::with_resources(R"({"ociVersion": "1.3.0", "root": {"path": "r"}})", changed);
    hold(!oci::parse_config(config).diagnostics.has_errors());
    return 0;
}
